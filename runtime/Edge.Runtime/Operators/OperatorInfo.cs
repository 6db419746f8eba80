namespace Edge.Runtime.Operators;

/// <summary>What an input is to its operator; decides what a training scheme may change.</summary>
public enum InputRole : byte
{
    /// <summary>Data that flows through the network.</summary>
    Data = 0,

    /// <summary>A trainable weight (kernel, gamma). An operator with one counts as a layer.</summary>
    Weight = 1,

    /// <summary>A trainable offset (bias, beta).</summary>
    Bias = 2,

    /// <summary>Changed by the forward phase in training, not by the optimizer (running mean and variance).</summary>
    State = 3,
}

/// <summary>An operator's identity.</summary>
/// <param name="Name">Its name in reports and messages.</param>
/// <param name="Code">Its code in files; never reused.</param>
/// <param name="Roles">Role of each input; the length is the largest number of inputs. With <paramref name="Variadic"/> the last role repeats.</param>
/// <param name="MinInputs">Inputs that must be there; later ones are optional.</param>
/// <param name="Outputs">Number of outputs.</param>
/// <param name="SinceVersion">Version of its attributes and meaning.</param>
/// <param name="Variadic">Any number of inputs from <paramref name="MinInputs"/> on (Concat).</param>
/// <param name="IsLoss">Whether it is a loss: inputs (prediction, target), outputs (loss, prediction to report).</param>
public sealed record OperatorInfo(
    string Name,
    ushort Code,
    InputRole[] Roles,
    int MinInputs,
    int Outputs = 1,
    ushort SinceVersion = 1,
    bool Variadic = false,
    bool IsLoss = false)
{
    /// <summary>Largest number of inputs.</summary>
    public int MaxInputs => Variadic ? 32 : Roles.Length;

    /// <summary>The role of an input.</summary>
    /// <param name="input">Its position.</param>
    public InputRole Role(int input) => Roles[Math.Min(input, Roles.Length - 1)];

    /// <summary>An operator whose inputs are all data.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="code">Its code.</param>
    /// <param name="inputs">Number of inputs.</param>
    /// <param name="outputs">Number of outputs.</param>
    public static OperatorInfo Data(string name, ushort code, int inputs = 1, int outputs = 1) =>
        new(name, code, new InputRole[inputs], inputs, outputs);
}
