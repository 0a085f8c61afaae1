using System.CommandLine;
using Dsd.Checkpoints;

namespace Dsd.Cli;

/// <summary><c>dsd inspect</c>: shows what a weight file holds.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var file = OptionOf.PathArgument("FILE", "A .safetensors file: weights, a phase's end, a checkpoint; or the index of shards, or a folder with either.");
        var json = new Option<bool>("--json") { Description = "Print one JSON object instead of text." };
        var command = new Command("inspect", "Show a weight file: layers, zeros, N:M, masks, values that are not finite, metadata.") { file, json }.WithHelp($"""
            Tensors are read one by one; a file may be larger than the memory.

            {InspectView.Fields}

            Examples:
              dsd inspect runs/half/dsd/weights.safetensors
              dsd inspect resnet18.safetensors --json
              dsd inspect shards/model.safetensors.index.json

            """);
        command.WithLibTorch().SetAction(parsed =>
        {
            var path = parsed.GetValue(file)!;
            if (!Path.Exists(path))
            {
                throw new DsdException($"FILE {path}: there is no such file.");
            }

            using var set = SafeTensorsSet.Open(path);
            TorchInstall.Load();
            var tensors = TensorInspection.Of(set);
            Console.Out.Write(parsed.GetValue(json) ? InspectView.AsJson(set, tensors) + "\n" : InspectView.Text(set, [.. tensors]));
            if (!CheckpointFile.IsUnaltered(set))
            {
                Say.Line($"dsd: {path}: a damaged or altered checkpoint: its content does not have the checksum that was written with it");
                return ExitCode.Failed;
            }

            return 0;
        });
        return command;
    }
}
