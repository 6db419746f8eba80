// Train a network that is written as layers, and compile it: Train MODEL.edge
// #region training
using Edge.Compiler;
using Edge.Learning;
using Edge.Learning.Data;
using Edge.Learning.Layers;
using Edge.Learning.Metrics;
using Edge.Runtime.Training;

Dataset train = Digits.Generate(3000, seed: 1);          // 28 × 28 × 1 bytes and a label each; Mnist.Load(folder).Train is real data
Dataset test = Digits.Generate(500, seed: 2);            // never trained on

Sequential network = new(
    new Input(28, 28, 1),
    new Conv2D(8, 3, strides: 2, activation: ActivationKind.Relu),
    new Flatten(),
    new Dense(32, ActivationKind.Relu),
    new Dense(10));                                      // one score a class; the loss adds softmax

network.Compile(new Adam(0.002f), Loss.SoftmaxCrossEntropy, new Accuracy());
network.Fit(train, new FitOptions { Epochs = 3, BatchSize = 64 });
Console.WriteLine(network.Evaluate(test));

File.WriteAllBytes(args[0], ModelEmitter.ToBytes(network.Export()));
// #endregion
