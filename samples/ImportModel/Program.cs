// Convert a model from C#: ImportModel SOURCE MODEL.edge
// #region import
using Edge.Compiler;
using Edge.Import;

SourceModel source = ModelImporter.Open(args[0]);               // read and surveyed, not yet converted
foreach (SourceOperator op in source.Operators.Where(op => op.Support == OperatorSupport.Missing))
{
    Console.WriteLine($"missing: {op.Kind} '{op.Name}', {op.Note}");
}

Graph graph = ModelImporter.Build(args[0], source);             // what the source computes, node by node
File.WriteAllBytes(args[1], Compile.ToBytes(graph));            // optimized, planned, checked
// #endregion
