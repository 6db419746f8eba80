// Classify one image: Classify MODEL.edge IMAGE.bin, where IMAGE.bin holds 28 × 28 bytes of grey.
// #region readme
using Edge.Runtime;

using Model model = Model.Load(args[0]);                 // checked, in private memory
using Session session = new(model);                      // the last allocation

float[] pixels = Array.ConvertAll(File.ReadAllBytes(args[1]), grey => grey / 255f);
float[] scores = new float[10];
session.Run(pixels, scores);                             // 0 bytes allocated

int best = Array.IndexOf(scores, scores.Max());
Console.WriteLine($"digit {best}, {scores[best]:P1}");
// #endregion
