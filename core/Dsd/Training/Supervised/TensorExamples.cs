using Dsd.Execution;
using Dsd.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Examples in two tensors, validated once.</summary>
internal sealed class TensorExamples : Examples
{
    private readonly Tensor _inputs;
    private readonly Tensor _targets;
    private readonly Lazy<UInt128[]> _hashes;

    public TensorExamples(Tensor inputs, Tensor targets)
    {
        _inputs = Checked(inputs, nameof(inputs));
        _targets = Checked(targets, nameof(targets));
        _hashes = new(() => EqualInputs.Hashes(_inputs));
        if (_inputs.shape[0] != _targets.shape[0])
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"There are {_inputs.shape[0]} inputs, of shape {Shape(_inputs)}, but {_targets.shape[0]} targets, of shape {Shape(_targets)}; each input needs one target, in the same order."));
        }

        if (_inputs.shape[0] > int.MaxValue)
        {
            throw new ArgumentException(FormattableString.Invariant($"There are {_inputs.shape[0]} inputs; examples can be at most {int.MaxValue}."), nameof(inputs));
        }
    }

    public override int Count => (int)_inputs.shape[0];

    public override (Tensor Inputs, Tensor Targets) Read(IReadOnlyList<int> positions)
    {
        using var index = tensor(positions.Select(p => (long)p).ToArray(), device: _inputs.device);
        using var ofTargets = index.to(_targets.device);
        return (_inputs.index_select(0, index), _targets.index_select(0, ofTargets));
    }

    internal override RowHashes? InputHashes() => new(_hashes.Value, null);

    internal override Tensor Targets() => _targets.alias();

    internal override ResidentExamples? On(Device device, bool? isWanted)
    {
        if (!(isWanted ?? DeviceCopy.IsElsewhere(device)))
        {
            return null;
        }

        // Tensors that are there already take no memory.
        Tensor[] others = [.. new[] { _inputs, _targets }.Where(t => !TensorMemory.IsOn(t, device))];
        return others.Length == 0 ? new(_inputs, _targets, null) : DeviceData.Keep(
            this, "examples", device, isWanted, others.Sum(t => t.numel() * t.element_size()), where => new ResidentExamples(There(_inputs), There(_targets), null));

        Tensor There(Tensor tensor) => tensor.to(device).DetachFromDisposeScope();
    }

    private static Tensor Checked(Tensor tensor, string name)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        if (tensor.dim() == 0 || tensor.shape[0] == 0)
        {
            throw new ArgumentException($"The {name} of shape {Shape(tensor)} hold no example; the first dimension counts them.", name);
        }

        if (tensor.numel() == 0)
        {
            throw new ArgumentException($"The {name} of shape {Shape(tensor)} hold no numbers.", name);
        }

        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var read = OfReadType(tensor.detach());
        if (read.dtype is not (ScalarType.Float32 or ScalarType.Int64))
        {
            throw new ArgumentException($"The {name} are of type {tensor.dtype}; give floating-point or whole numbers, e.g. {name}.to(torch.float32).", name);
        }

        if (read.is_floating_point())
        {
            CheckThatAllAreFinite(read, name);
        }

        return read.DetachFromDisposeScope();
    }

    private static void CheckThatAllAreFinite(Tensor numbers, string name)
    {
        // Some rows at a time, so that the check takes little memory beside the data.
        const long Numbers = 1 << 22;
        var rows = Math.Max(1, Numbers / (numbers.numel() / numbers.shape[0]));
        var (bad, first) = (0L, -1L);
        for (var from = 0L; from < numbers.shape[0]; from += rows)
        {
            using var scope = NewDisposeScope();
            var part = numbers.narrow(0, from, Math.Min(rows, numbers.shape[0] - from));
            var isBad = part.isfinite().logical_not().reshape(part.shape[0], -1).any(1);
            if (!isBad.any().ToBoolean())
            {
                continue;
            }

            bad += isBad.sum().ToInt64();
            first = first < 0 ? from + isBad.to(ScalarType.Int32).argmax().ToInt64() : first;
        }

        if (bad > 0)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"The {name} hold {NonFinite.In(numbers[first])} in {bad} of {numbers.shape[0]} examples, first in example {first} (counted from 0). Correct or remove these examples."), name);
        }
    }

    private static string Shape(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";
}
