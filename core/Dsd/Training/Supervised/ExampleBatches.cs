using System.Collections.Concurrent;
using Dsd.Records;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Batches of examples: gathered on the model's device if the examples lie there, otherwise read and moved there.</summary>
/// <param name="of">Returns the examples of a split.</param>
/// <param name="order">The order of training examples.</param>
/// <param name="labels">The check of the targets.</param>
/// <param name="name">Returns the name of the data for errors.</param>
internal sealed class ExampleBatches(Func<DataSplit, Examples> of, BatchOrder order, TargetCheck labels, Func<string> name)
{
    private const int MostMeasuredAtOnce = 2000;
    private readonly ConcurrentDictionary<string, (ResidentExamples Examples, StepTable Plan)?> _train = new();

    /// <summary>True to keep examples in memory on the device of the model, also on the CPU, false not to; null to do it on another device if they fit.</summary>
    public bool? KeepsOnDevice { get; set; }

    /// <summary>The number of examples measured at once; null for what the device says.</summary>
    public int? MeasuredAtOnce { get; set; }

    /// <summary>Creates the batch of a step, without augmentation.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="device">The device of the model; null to leave examples where they are.</param>
    /// <returns>Inputs and targets, which belong to the current dispose scope, and the highest label known.</returns>
    public (Tensor Inputs, Tensor Targets, (DataSplit Split, long Label) HighestLabel) Batch(long step, Device? device)
    {
        using var scope = NewDisposeScope();
        if (OnDevice(device) is var (examples, plan))
        {
            return Out(examples.Gather(plan.At(step)), i => i, DataSplit.Train, null);
        }

        var positions = order.At(step).Examples.ToArray();
        var read = Read(scope, DataSplit.Train, positions);
        if (read.Inputs.shape[0] != positions.Length || read.Targets.shape[0] != positions.Length)
        {
            throw new DsdException(FormattableString.Invariant($"{name()}: {positions.Length} examples were requested, but Examples.Read returned inputs of {Shape(read.Inputs)} and targets of {Shape(read.Targets)}. It must return one row for each position."));
        }

        return Out(read, i => positions[i], DataSplit.Train, device);
    }

    /// <summary>Lists the batches that measure a split, in order.</summary>
    /// <param name="split">The split.</param>
    /// <param name="device">The device of the model; null to leave examples where they are.</param>
    /// <param name="isOfEach">True if what is measured does not depend on how examples are divided into batches.</param>
    /// <returns>Functions that create a batch, with results as of <see cref="Batch"/>.</returns>
    public IEnumerable<Func<(Tensor Inputs, Tensor Targets, (DataSplit Split, long Label) HighestLabel)>> ToMeasure(DataSplit split, Device? device, bool isOfEach)
    {
        var (part, count) = (of(split), of(split).Count);
        var resident = device is null ? null : part.On(device, KeepsOnDevice);
        using var rows = resident?.Rows(count).DetachFromDisposeScope();
        var atOnce = MeasuredAtOnce ?? (isOfEach && resident is not null ? DeviceData.MeasuredAtOnce(device, order.BatchSize, MostMeasuredAtOnce, resident.InputBytes) : order.BatchSize);
        for (var first = 0; first < count; first += atOnce)
        {
            var (begin, size) = (first, Math.Min(atOnce, count - first));
            yield return () =>
            {
                using var scope = NewDisposeScope();
                return resident is null
                    ? Out(Read(scope, split, [.. Enumerable.Range(begin, size)]), i => begin + i, split, device)
                    : Out(resident.Gather(rows!.narrow(0, begin, size)), i => begin + i, split, null);
            };
        }
    }

    /// <summary>Returns the highest label known and its split; on a device a batch itself is not read, which would wait, as it was checked before it got there.</summary>
    public (DataSplit Split, long Label) Highest(Tensor targets) => targets.device_type == DeviceType.CPU ? labels.Highest(name(), DataSplit.Train, i => i, targets) : labels.Known;

    /// <summary>Reads from a split and names it in the error if that fails.</summary>
    public static T In<T>(DataSplit split, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (DsdException e)
        {
            throw new DsdException($"The {split.ToString().ToLowerInvariant()} split: {e.Message}", e);
        }
    }

    private (ResidentExamples Examples, StepTable Plan)? OnDevice(Device? device) => device is null ? null : _train.GetOrAdd(
        device.ToString(), _ => of(DataSplit.Train).On(device, KeepsOnDevice) is { } examples ? (examples, examples.Plan(order)) : null);

    /// <summary>Checks the labels of a batch and moves it to the device and out of the current dispose scope.</summary>
    private (Tensor Inputs, Tensor Targets, (DataSplit Split, long Label) HighestLabel) Out((Tensor Inputs, Tensor Targets) batch, Func<int, int> position, DataSplit split, Device? device)
    {
        var highest = labels.Highest(name(), split, position, batch.Targets);
        return (There(batch.Inputs).MoveToOuterDisposeScope(), There(batch.Targets).MoveToOuterDisposeScope(), highest);

        Tensor There(Tensor tensor) => device is null ? tensor
            : DeviceCopy.IsElsewhere(device) && tensor.device_type == DeviceType.CPU ? DeviceCopy.Send(tensor, device) : tensor.to(device);
    }

    /// <summary>Reads examples into a dispose scope, with the types of examples in memory.</summary>
    private (Tensor Inputs, Tensor Targets) Read(DisposeScope scope, DataSplit split, int[] positions)
    {
        var (inputs, targets) = In(split, () => of(split).ReadChecked(positions));
        scope.Attach(inputs);
        scope.Attach(targets);
        return (Examples.OfReadType(inputs), Examples.OfReadType(targets));
    }

    private static string Shape(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";
}
