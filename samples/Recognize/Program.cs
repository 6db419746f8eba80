// Name what a picture shows: Recognize MODEL.edge PIXELS.bin
// #region recognize
using Edge.Runtime;
using Edge.Runtime.Operators;

using Model model = Model.Load(args[0]);                        // written by 'edge convert', with --labels
using Session session = new(model);                             // the last allocation

File.ReadAllBytes(args[1]).CopyTo(session.Input<byte>());       // 224 × 224 pixels: red, green, blue
session.Run();                                                  // 0 bytes allocated

ReadOnlySpan<byte> scores = session.Output<byte>();
int best = scores.IndexOf(scores.ToArray().Max());
Quantization q = session.OutputSpec(0).Quantization!;           // a score means scale · (score − zero point)
string name = model.Metadata["labels"].Split('\n')[best];
Console.WriteLine($"{name}, {q.Scale * (scores[best] - q.ZeroPoint):P1}");
// #endregion
