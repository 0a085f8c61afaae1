using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Rejects targets that a loss does not accept: before training where they are in memory, otherwise with the first batch.</summary>
internal sealed class TargetCheck
{
    private readonly (DataSplit Split, long Label) _highest;
    private readonly ValueList<DataSplit> _unread;

    private TargetCheck((DataSplit Split, long Label) highest, ValueList<DataSplit> unread) => (_highest, _unread) = (highest, unread);

    /// <summary>Checks the targets of all splits that are in memory.</summary>
    /// <returns>The check of the splits whose labels are known only as they are read.</returns>
    /// <exception cref="ArgumentException">The loss does not accept the targets.</exception>
    public static TargetCheck All(LossFunction loss, IReadOnlyList<(DataSplit Split, Examples Examples)> splits)
    {
        var unread = new List<DataSplit>();
        var highest = (Split: DataSplit.Train, Label: -1L);
        foreach (var (split, examples) in splits)
        {
            using var scope = NewDisposeScope();
            if (examples.Targets() is not { } targets)
            {
                if (loss.TakesLabels)
                {
                    unread.Add(split);
                }

                continue;
            }

            var where = $"targets of the {split.ToString().ToLowerInvariant()} split";
            var isWhole = targets.dtype == ScalarType.Int64;
            if (loss.TakesLabels != isWhole && (loss.TakesLabels || loss.TakesNumbers))
            {
                throw new ArgumentException(loss.TakesLabels
                    ? $"The {where} are of type {targets.dtype}; {loss} takes class labels: whole numbers from 0, e.g. int[], or targets.to(torch.int64)."
                    : $"The {where} are of type {targets.dtype}; {loss} takes floating-point numbers, e.g. float[], or targets.to(torch.float32).", split.ToString().ToLowerInvariant());
            }

            if (!loss.TakesLabels)
            {
                continue;
            }

            var (lowest, here) = (targets.min().ToInt64(), targets.max().ToInt64());
            if (lowest < 0)
            {
                throw new ArgumentException(FormattableString.Invariant($"The {where} hold the label {lowest}, first in example {targets.reshape(targets.shape[0], -1).lt(0).any(1).to(ScalarType.Int32).argmax().ToInt64()} (counted from 0); class labels count from 0."), split.ToString().ToLowerInvariant());
            }

            highest = here > highest.Label ? (split, here) : highest;
        }

        return new(highest, unread.ToValueList());
    }

    /// <summary>The highest label of the splits in memory and its split; −1 if there is none.</summary>
    public (DataSplit Split, long Label) Known => _highest;

    /// <summary>Returns the highest label known and its split: that of the splits in memory, or of this batch of examples that are not; −1 if there is none.</summary>
    /// <remarks>Call it before the targets are moved to a device, where reading them would wait for it.</remarks>
    /// <exception cref="DsdException">A label of a batch of examples that are not in memory is negative; libtorch would refuse it, or leave −100 out of the loss without a word.</exception>
    public (DataSplit Split, long Label) Highest(string name, DataSplit split, Func<int, int> position, Tensor targets) =>
        _unread.Contains(split) && OfBatch(name, split, position, targets) is var here && here > _highest.Label ? (split, here) : _highest;

    private static long OfBatch(string name, DataSplit split, Func<int, int> position, Tensor targets)
    {
        if (targets.dtype != ScalarType.Int64 || targets.dim() == 0 || targets.numel() == 0)
        {
            return -1;
        }

        using var scope = NewDisposeScope();
        var lowest = targets.min().ToInt64();
        return lowest >= 0 ? targets.max().ToInt64() : throw new DsdException(FormattableString.Invariant(
            $"{name}: the {split.ToString().ToLowerInvariant()} split holds the label {lowest}, in example {position((int)targets.reshape(targets.shape[0], -1).eq(lowest).any(1).to(ScalarType.Int32).argmax().ToInt64())} (counted from 0); class labels count from 0."));
    }

    /// <summary>Checks that a batch has one score for each class.</summary>
    /// <exception cref="DsdException">It has not.</exception>
    public static void Labels(string name, Tensor output, Tensor targets, (DataSplit Split, long Label) highest)
    {
        if (targets.dtype != ScalarType.Int64)
        {
            throw new DsdException($"{name}: targets are of type {targets.dtype}; cross entropy takes class labels: whole numbers from 0, 64-bit.");
        }

        var (classes, count) = (output.dim() < 2 ? 1 : output.shape[1], targets.shape[0]);
        if (output.dim() < 2 || !output.shape.Skip(2).SequenceEqual(targets.shape.Skip(1)))
        {
            throw new DsdException(FormattableString.Invariant(
                $"{name}: the model gave scores of [{string.Join(", ", output.shape)}] for labels of [{string.Join(", ", targets.shape)}]; cross entropy needs one score for each class, shape [{count}, classes{string.Concat(targets.shape.Skip(1).Select(d => $", {d}"))}]."));
        }

        var most = highest.Label;
        if (most >= classes)
        {
            throw new DsdException(FormattableString.Invariant($"{name}: the {highest.Split.ToString().ToLowerInvariant()} split holds the label {most}, but the model gives {(classes == 1 ? "the score of 1 class, label 0" : FormattableString.Invariant($"scores of {classes} classes, labels 0 to {classes - 1}"))}. Give the last layer {most + 1} outputs, or correct the labels."));
        }
    }
}
