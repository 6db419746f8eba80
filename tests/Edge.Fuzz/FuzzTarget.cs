using Edge.Format;
using Edge.Runtime;
using Edge.Runtime.Operators;
using Edge.Runtime.Training;
using Edge.Tests.Harness;

namespace Edge.Fuzz;

/// <summary>How far a file got.</summary>
public enum FuzzOutcome
{
    /// <summary>Load threw <see cref="ModelFormatException"/>.</summary>
    Refused,

    /// <summary>Loaded; one run would take more work than the cap, so it was not run.</summary>
    Skipped,

    /// <summary>Loaded and ran.</summary>
    Ran,

    /// <summary>Loaded, ran and trained one step.</summary>
    Trained,
}

/// <summary>What a file did that no file may.</summary>
public sealed class FuzzFailureException(string message) : Exception(message);

/// <summary>Loads, runs and trains one file, and throws when it does anything that no file may. Belongs to one thread.</summary>
public sealed unsafe class FuzzTarget : IDisposable
{
    /// <summary>Most estimated multiply-adds of a run; a few milliseconds.</summary>
    public const long MaxWork = 2_000_000;

    /// <summary>
    /// Most managed bytes that Load may allocate: <see cref="AllocationFactor"/> for each byte of the file, plus this. It counts what is freed again, shape
    /// rules and error messages included; the copy of the file itself lies in native memory. Measured worst: 6.8 for each byte, over chains of 10 … 20,000
    /// operators without any weights, where tables become objects; and 110 KB for 1,024 pairs of metadata.
    /// </summary>
    public const long AllocationBase = 64 << 10;

    /// <summary>See <see cref="AllocationBase"/>.</summary>
    public const long AllocationFactor = 8;

    private const int ArenaBytes = 8 << 20;
    private const int Canary = 64;

    private static readonly ModelLoadOptions LoadOptions = new()
    {
        Limits = new ModelLimits { MaxFileBytes = 1 << 20, MaxTensorBytes = 4 << 20, MaxArenaBytes = ArenaBytes },
    };

    private readonly GuardedMemory _memory = new(ArenaBytes + Canary);
    private readonly ArenaMemory _arena = new();

    /// <summary>The most managed bytes that a Load allocated beyond <see cref="AllocationFactor"/> times the file.</summary>
    public long WorstAllocation { get; private set; } = long.MinValue;

    /// <summary>Loads a file, runs it once on zeros in an arena that ends at a guard page, and trains it where asked.</summary>
    /// <param name="file">The file.</param>
    /// <param name="random">Decides what else is tried: random inputs, another batch size, training.</param>
    public FuzzOutcome Check(byte[] file, FuzzRandom random)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Model model;
        try
        {
            model = Model.Load(file, LoadOptions);
        }
        catch (ModelFormatException error)
        {
            CheckAllocation(before, file.Length);
            return error.Message.Length > 20 ? FuzzOutcome.Refused : throw new FuzzFailureException($"The message says too little: '{error.Message}'.");
        }

        using (model)
        {
            CheckAllocation(before, file.Length);
            if (EstimateWork(model) > MaxWork)
            {
                return FuzzOutcome.Skipped;
            }

            if (!Run(model, random))
            {
                return FuzzOutcome.Refused;
            }

            if (random.OneIn(4) && EdgeFile.Parse(file).Find(SectionKind.Programs) is not null)
            {
                CompareWithPlanned(file, model);
            }

            return random.OneIn(4) && Train(file, model, random) ? FuzzOutcome.Trained : FuzzOutcome.Ran;
        }
    }

    /// <summary>An upper estimate of the multiply-adds of one run.</summary>
    /// <remarks>
    /// Every operator costs its elements, in and out. One with a constant of n elements (convolution, dense, recurrent) costs n / channels more for each
    /// output element, at least; a pool at most the picture for each output element; a matrix product the inner axis.
    /// </remarks>
    public static long EstimateWork(Model model)
    {
        double work = 0;
        foreach (OperatorDescription op in model.Operators)
        {
            double outputs = 0;
            double inputs = 0;
            double each = 4;
            Shape first = op.Inputs.Count > 0 ? op.Inputs[0].Spec.Shape : default;
            Shape output = op.Outputs[0].Spec.Shape;
            foreach (TensorDescription tensor in op.Outputs)
            {
                outputs += tensor.Spec.Shape.ElementCount;
            }

            for (int i = 0; i < op.Inputs.Count; i++)
            {
                inputs += op.Inputs[i].Spec.Shape.ElementCount;
                if (i > 0)
                {
                    each = Math.Max(each, (double)op.Inputs[i].Spec.Shape.ElementCount / (output.Rank > 0 ? output[-1] : 1));
                }
            }

            if (op.Kind.Contains("Pool", StringComparison.Ordinal) && first.Rank >= 3)
            {
                each = Math.Max(each, (double)first.Product(1, first.Rank - 1));
            }
            else if (first.Rank > 0)
            {
                each = Math.Max(each, op.Kind.Contains("MatMul", StringComparison.Ordinal) ? first[-1] : 0);
            }

            work += inputs + (outputs * each);
        }

        return (long)Math.Min(work, long.MaxValue / 2);
    }

    public void Dispose() => _memory.Dispose();

    private void CheckAllocation(long before, int fileBytes)
    {
        long beyond = GC.GetAllocatedBytesForCurrentThread() - before - (AllocationFactor * fileBytes);
        WorstAllocation = Math.Max(WorstAllocation, beyond);
        if (beyond > AllocationBase)
        {
            throw new FuzzFailureException($"Load allocated {beyond} bytes beyond {AllocationFactor} times the {fileBytes} bytes of the file; {AllocationBase} are allowed.");
        }
    }

    /// <summary>Runs a model; false where the session refuses it, because its kernels need too much memory.</summary>
    private bool Run(Model model, FuzzRandom random)
    {
        // The arena ends at the guard page as closely as its alignment allows; the gap and the bytes before hold canaries.
        int bytes = checked((int)model.InferenceBytes);
        byte* end = (byte*)((nint)(_memory.Pointer + _memory.Bytes) & -64);
        byte* start = end - ((bytes + 63) & -64);
        Span<byte> all = new(start - Canary, bytes + Canary);
        all.Fill(0xA5);
        _arena.Set(start, bytes);
        Session session;
        try
        {
            session = new Session(model, new SessionOptions { Arena = bytes == 0 ? default : _arena.Memory });
        }
        catch (ModelFormatException)
        {
            return false;
        }

        using (session)
        {
            if (session.ArenaBytes != bytes)
            {
                throw new FuzzFailureException($"The session's arena has {session.ArenaBytes} bytes, the model states {bytes}.");
            }

            for (int i = 0; i < session.InputCount; i++)
            {
                session.Input<byte>(i).Clear();
            }

            RunOnce(session);
            if (random.OneIn(4))
            {
                for (int i = 0; i < session.InputCount; i++)
                {
                    foreach (ref byte value in session.Input<byte>(i))
                    {
                        value = (byte)random.Next();
                    }
                }

                RunOnce(session);
            }

            for (int i = 0; i < session.OutputCount; i++)
            {
                int length = session.Output<byte>(i).Length;
                if (length != session.OutputSpec(i).Bytes)
                {
                    throw new FuzzFailureException($"Output {i} is {session.OutputSpec(i)} and has {length} bytes.");
                }
            }
        }

        if (all[..Canary].ContainsAnyExcept((byte)0xA5))
        {
            throw new FuzzFailureException("A run wrote before the start of its arena.");
        }

        return true;
    }

    /// <summary>A program that passes the checks computes what the library's own plan computes: no buffer overwrites another.</summary>
    private static void CompareWithPlanned(byte[] file, Model model)
    {
        using Model planned = Model.Load(WithoutPrograms(file), LoadOptions);
        using Session first = new(model);
        using Session second = new(planned);
        for (int i = 0; i < first.InputCount; i++)
        {
            Span<byte> bytes = first.Input<byte>(i);
            for (int k = 0; k < bytes.Length; k++)
            {
                bytes[k] = (byte)(k % 4 == 3 ? 0x3F : 37 * (k + i));             // floats of 0.5 … 2, and any int8
            }

            bytes.CopyTo(second.Input<byte>(i));
        }

        RunOnce(first, 1);
        RunOnce(second, 1);
        for (int i = 0; i < first.OutputCount; i++)
        {
            if (!first.Output<byte>(i).SequenceEqual(second.Output<byte>(i)))
            {
                throw new FuzzFailureException($"Output {i} differs between the file's program and the library's plan.");
            }
        }
    }

    private static byte[] WithoutPrograms(byte[] file)
    {
        EdgeFile parts = EdgeFile.Parse(file);
        parts.Sections.RemoveAll(static section => section.Kind is SectionKind.Programs or SectionKind.Steps or SectionKind.Buffers);
        return parts.ToArray();
    }

    private static void RunOnce(Session session, int attempts = 3)
    {
        // The runtime may recompile a method during a run and allocate for it; what the kernels themselves allocate comes again in the next run.
        long allocated = 1;
        for (int attempt = 0; attempt < attempts && allocated != 0; attempt++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                session.Run();
            }
            catch (ShapeException)
            {
                // Indices that come from data are checked while running; what they refuse is typed too.
                return;
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        if (allocated != 0 && attempts > 1)
        {
            throw new FuzzFailureException($"A run allocated {allocated} bytes, three times in a row.");
        }
    }

    private bool Train(byte[] file, Model model, FuzzRandom random)
    {
        TrainerOptions options = Options(file, random);
        if (EstimateWork(model) * options.BatchSize * 3 > MaxWork)
        {
            return false;
        }

        Trainer trainer;
        try
        {
            trainer = new(model, options);
        }
        catch (Exception error) when (IsRefusal(error))
        {
            return false;                            // this model cannot be trained that way, and says so
        }

        using (trainer)
        {
            int classes = Classes(model, trainer);
            if (!Step(trainer, classes))
            {
                return false;
            }

            if (EdgeFile.Parse(file).Find(SectionKind.Programs) is not null)
            {
                CompareWithPlanned(file, options, trainer, classes);
            }

            if (random.OneIn(2))
            {
                Checkpoint(trainer, random, classes);
            }

            if (random.OneIn(2))
            {
                Personalize(model, trainer, random);
            }
        }

        return true;
    }

    /// <summary>Options of a trainer; where the file brings programs, half of the time those of one of them, so that it is proved and used.</summary>
    private static TrainerOptions Options(byte[] file, FuzzRandom random)
    {
        TrainerOptions options = new()
        {
            BatchSize = 1 + random.Below(2),
            Scheme = random.Below(3) switch { 0 => UpdateScheme.All, 1 => UpdateScheme.LastLayers(1), _ => UpdateScheme.BiasesOnly },
            ClipNorm = random.Below(2),
            Optimizer = random.OneIn(2) ? new Sgd(0.01f) : new Adam(0.001f),
        };
        ReadOnlySpan<ProgramRecord> programs = ModelView.Open(file, ModelLimits.Default).Programs;
        ProgramRecord stored = programs.IsEmpty ? default : programs[random.Below(programs.Length)];
        if (stored.Kind != ProgramKind.Train || stored.Batch is 0 or > 4 || random.OneIn(4))
        {
            return options;
        }

        return options with
        {
            BatchSize = (int)stored.Batch,
            Scheme = stored.Scheme switch { 1 => UpdateScheme.LastLayers((int)Math.Clamp(stored.SchemeArgument, 1, 9)), 2 => UpdateScheme.BiasesOnly, _ => UpdateScheme.All },
            ClipNorm = stored.Flags & ProgramRecord.UpdatesLast,
        };
    }

    /// <summary>Only these say that a model or its state does not fit; an argument out of range would be a kernel's, too late.</summary>
    private static bool IsRefusal(Exception error) => error is ShapeException or ModelFormatException || error.GetType() == typeof(ArgumentException);

    /// <summary>Classes where the targets are labels, 0 where they are floats.</summary>
    private static int Classes(Model model, Trainer trainer) => trainer.Loss == Loss.SoftmaxCrossEntropy ? model.Outputs[0].Spec.Shape[-1] : 0;

    private static bool Step(Trainer trainer, int classes)
    {
        float[] inputs = new float[trainer.SampleLength * trainer.BatchSize];
        int targets = trainer.OutputLength * trainer.BatchSize;
        try
        {
            if (classes == 0)
            {
                trainer.Step(inputs, new float[targets]);
                return true;
            }

            trainer.Step(inputs, new int[targets / classes]);
            return true;
        }
        catch (ShapeException)
        {
            return false;                            // inputs that are not float32, several inputs
        }
    }

    /// <summary>A stored program that passed trains as the library's own plan does.</summary>
    private static void CompareWithPlanned(byte[] file, TrainerOptions options, Trainer trainer, int classes)
    {
        using Model planned = Model.Load(WithoutPrograms(file), LoadOptions);
        using Trainer other = new(planned, options);
        Step(other, classes);
        if (!trainer.SaveCheckpoint().AsSpan().SequenceEqual(other.SaveCheckpoint()))
        {
            throw new FuzzFailureException("A training step gives other parameters by the file's program than by the library's plan.");
        }
    }

    private static void Checkpoint(Trainer trainer, FuzzRandom random, int classes)
    {
        byte[] state = trainer.SaveCheckpoint();
        try
        {
            trainer.LoadCheckpoint(Mutator.MakeState(random, state, headerBytes: 60));
        }
        catch (ModelFormatException)
        {
            if (!trainer.SaveCheckpoint().AsSpan().SequenceEqual(state))
            {
                throw new FuzzFailureException("A refused checkpoint changed the trainer.");
            }
        }

        Step(trainer, classes);
    }

    private void Personalize(Model model, Trainer trainer, FuzzRandom random)
    {
        byte[] delta = trainer.SavePersonalization();
        using (Model right = model.Personalize(delta))
        {
            Run(right, random);
        }

        Model wrong;
        try
        {
            wrong = model.Personalize(Mutator.MakeState(random, delta, headerBytes: 48));
        }
        catch (ModelFormatException)
        {
            return;
        }

        using (wrong)
        {
            if (wrong.InferenceBytes > ArenaBytes || EstimateWork(wrong) > MaxWork)
            {
                return;
            }

            Run(wrong, random);
            try
            {
                using Trainer again = new(wrong, new TrainerOptions());
                Step(again, Classes(wrong, again));
                model.Personalize(again.SavePersonalization()).Dispose();
            }
            catch (Exception error) when (IsRefusal(error) && error is not ModelFormatException)
            {
                // what was trained on the whole may not be trained on this part
            }
        }
    }

    private sealed class ArenaMemory : System.Buffers.MemoryManager<byte>
    {
        private byte* _start;
        private int _length;

        public void Set(byte* start, int length)
        {
            _start = start;
            _length = length;
        }

        public override Span<byte> GetSpan() => new(_start, _length);

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
