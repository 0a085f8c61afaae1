using Dsd.Masks;
using Dsd.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Dsd.Optimizers;

/// <summary>One optimiser step over all parameters: contiguous 32-bit floats in a single pass over memory, on a GPU in one kernel, anything else by operators.</summary>
/// <param name="prepare">
/// Gives the update rule and the state tensors of one parameter. It is called once a step for each parameter that
/// has a gradient, and counts the step where that matters.
/// </param>
internal sealed class MaskedPass<TRule>(Func<PassTarget, PassMove<TRule>> prepare) : IDisposable
    where TRule : struct, IStepRule
{
    // A block's rows of floats fit the second cache, and 64 divides it, so that no two blocks share a word of a mask.
    private const int BlockLength = 1 << 15;

    private readonly List<PassTarget> _targets = [];
    private readonly List<(PassTarget Target, BitMask? Mask, PassMove<TRule> Move)> _byOperators = [];
    private readonly List<(FusedStep Step, PassTarget Target, nint Gradient, BitMask? Mask, PassMove<TRule> Move)> _fused = [];
    private List<RenewedLaunch<TRule>> _renewed = [];
    private Tensor? _slots;
    private MaskSet? _masks;
    private PassRow<TRule>[] _rows = [];
    private int _rowCount;
    private (int Row, long Start)[] _blocks = [];
    private int _blockCount;
    private long _weights;
    private Action<int>? _moveBlock;
    private int _firstNonFinite;

    /// <summary>The vector width; every width gives the same bits.</summary>
    public VectorWidth Width { get; set; } = VectorWidths.Widest;

    /// <summary>True if all parameters are updated by operators, as those are that are not contiguous 32-bit floats.</summary>
    public bool ByOperators { get; set; }

    /// <summary>Finds the fused step of a device; null where there is none.</summary>
    public Func<Device, FusedStep?> FusedOn { get; set; } = FusedStep.Of;

    /// <inheritdoc cref="IMaskedOptimizer.NonFinite"/>
    public Parameter? NonFinite { get; private set; }

    /// <summary>Adds the parameters of a group.</summary>
    /// <param name="group">The group; its parameters are put into a list.</param>
    /// <param name="add">Has TorchSharp take the group in, which gives each parameter its state.</param>
    /// <param name="stateOf">The state of a parameter by its handle.</param>
    /// <exception cref="ArgumentException">A parameter is in another group already.</exception>
    public void Add(ParamGroup? group, Action<ParamGroup> add, Func<nint, OptimizerState> stateOf)
    {
        ArgumentNullException.ThrowIfNull(group);

        // Groups often hold a query that walks through the model; one walk is enough.
        var parameters = group.Parameters.DistinctBy(p => p.Handle).ToList();
        if (parameters.FirstOrDefault(p => _targets.Exists(t => t.Parameter.Handle == p.Handle)) is { } twice)
        {
            throw new ArgumentException($"A parameter of shape ({string.Join(", ", twice.shape)}) is in two groups; only one can train it.", nameof(group));
        }

        group.Parameters = parameters;
        add(group);
        foreach (var parameter in parameters)
        {
            _targets.Add(new PassTarget(parameter, group.Options, stateOf(parameter.Handle)) { Name = _masks?.NameOf(parameter) });
        }
    }

    /// <inheritdoc cref="IMaskedOptimizer.Follow"/>
    public void Follow(MaskSet masks)
    {
        _masks = masks;
        _targets.ForEach(t => t.Name = masks.NameOf(t.Parameter));
    }

    /// <summary>Sets all gradients to none, so that the next backward pass stores new ones instead of adding to zeros.</summary>
    public void DropGradients()
    {
        CheckThatTheyLive();
        foreach (var target in _targets)
        {
            TensorMemory.DropGradient(target.Parameter);
        }
    }

    /// <summary>Does one step.</summary>
    /// <param name="closure">Computes the loss anew; null for none.</param>
    /// <returns>The closure's loss.</returns>
    public Tensor? Step(Func<Tensor>? closure)
    {
        CheckThatTheyLive();
        var loss = Loss(closure);
        using var guard = no_grad();
        (NonFinite, _firstNonFinite) = (null, int.MaxValue);
        var masks = _masks is { StepMasks.Count: > 0 } set ? set.StepMasks : null;
        try
        {
            foreach (var target in _targets)
            {
                var mask = masks is not null && target.Name is { } name ? masks.GetValueOrDefault(name) : null;
                Take(target, mask is null || mask.Kept == mask.Count ? null : mask);
            }

            MoveRows();
            NonFinite = _firstNonFinite < _rowCount ? _rows[_firstNonFinite].Parameter : null;
            MoveFused();
            MoveByOperators();
        }
        finally
        {
            Release();
        }

        return loss;
    }

    /// <summary>The reason why a step cannot be recorded; null if it can.</summary>
    public string? Obstacle => _targets.FirstOrDefault(t => t.HasGradient && (ByOperators || !IsRow(t.Parameter) || t.Fused(FusedOn) is null)) is not { } target ? null
        : $"a parameter of shape ({string.Join(", ", target.Parameter.shape)}) is not moved by a fused step{(IsRow(target.Parameter) ? "" : ", as it is not of contiguous 32-bit floats")}";

    /// <summary>Counts a step that repeats a recorded one, and stores its constants where the recorded kernels read them.</summary>
    /// <returns>
    /// True if the launches recorded last still do this step; false if <see cref="LaunchRenewed"/> has to be recorded anew, since parameters, masks, state or groups have changed.
    /// </returns>
    /// <exception cref="DsdException">Not all parameters are moved by fused steps.</exception>
    public unsafe bool Renew()
    {
        using var guard = no_grad();
        NonFinite = null;
        var masks = _masks is { StepMasks.Count: > 0 } set ? set.StepMasks : null;
        Span<float> constants = stackalloc float[FusedStep.MostConstants];
        var launches = new List<RenewedLaunch<TRule>>();
        foreach (var target in _targets.Where(t => t.HasGradient))
        {
            var mask = masks is not null && target.Name is { } name ? masks.GetValueOrDefault(name) : null;
            var move = prepare(target);
            var step = ByOperators || !IsRow(target.Parameter) || !IsRow(move.First) || !IsRow(move.Second) ? null : target.Fused(FusedOn);
            move.Rule.Constants(constants);
            var moved = new RenewedMove<TRule>(target, mask is null || mask.Kept == mask.Count ? null : mask, move.First, move.Second);
            if (launches.Count == 0 || !launches[^1].TryAdd(moved, step ?? throw new DsdException("a parameter is not moved by a fused step"), constants))
            {
                launches.Add(new(moved, step ?? throw new DsdException("a parameter is not moved by a fused step"), move.Rule.Kernel, constants));
            }
        }

        var isSame = launches.Count == _renewed.Count && launches.Zip(_renewed).All(l => l.First.IsLike(l.Second));
        if (!isSame)
        {
            _slots?.Dispose();
            _slots = launches.Count == 0 ? null : zeros([launches.Count, FusedStep.MostConstants], ScalarType.Float32, _targets[0].Parameter.device).DetachFromDisposeScope();
            _renewed = launches;

            // What is recorded must not copy from the host.
            launches.ForEach(l => l.CopyMasks());
        }

        for (var i = 0; i < launches.Count; i++)
        {
            launches[i].Step.Store(launches[i].Constants, Slot(i));
        }

        return isSame;
    }

    /// <summary>Moves the parameters as <see cref="Renew"/> found them, by the constants that are on the device when this runs.</summary>
    public unsafe void LaunchRenewed()
    {
        using var guard = no_grad();
        for (var i = 0; i < _renewed.Count; i++)
        {
            _renewed[i].Run(Slot(i));
        }
    }

    private unsafe float* Slot(int launch) => (float*)TensorMemory.Of(_slots!) + (launch * FusedStep.MostConstants);

    /// <inheritdoc/>
    public void Dispose()
    {
        _targets.ForEach(t => t.Dispose());
        _slots?.Dispose();
    }

    private static Tensor? Loss(Func<Tensor>? closure)
    {
        if (closure is null)
        {
            return null;
        }

        using var guard = enable_grad();
        return closure();
    }

    private void CheckThatTheyLive()
    {
        foreach (var target in _targets)
        {
            if (target.Parameter.IsInvalid)
            {
                throw LiveOptimizer.Gone(1 + _targets.IndexOf(target));
            }
        }
    }

    private void Take(PassTarget target, BitMask? mask)
    {
        var gradient = TensorMemory.GradientOf(target.Parameter);
        if (gradient == 0)
        {
            return;
        }

        var isTaken = false;
        try
        {
            var move = prepare(target);
            var fused = ByOperators ? null : target.Fused(FusedOn);
            isTaken = !ByOperators && fused is null && IsPlain(target.Parameter) && TensorMemory.IsPlainFloat(gradient) && IsPlain(move.First) && IsPlain(move.Second);
            if (isTaken)
            {
                Append(new PassRow<TRule>(target, gradient, mask, move));
                TensorMemory.Written(target.Parameter);
            }
            else if (fused is not null && IsRow(target.Parameter) && IsRow(move.First) && IsRow(move.Second))
            {
                isTaken = TensorMemory.IsFloatRow(gradient);
                _fused.Add((fused, target, isTaken ? gradient : 0, mask, move));
            }
            else
            {
                _byOperators.Add((target, mask, move));
            }
        }
        finally
        {
            if (!isTaken)
            {
                TensorMemory.Free(gradient);
            }
        }
    }

    private static bool IsPlain(Tensor? tensor) => tensor is null || TensorMemory.IsPlainFloat(tensor.Handle);

    private static bool IsRow(Tensor? tensor) => tensor is null || TensorMemory.IsFloatRow(tensor.Handle);

    private void Append(PassRow<TRule> row)
    {
        if (_rowCount == _rows.Length)
        {
            Array.Resize(ref _rows, _targets.Count);
        }

        for (long start = 0; start < row.Count; start += BlockLength)
        {
            if (_blockCount == _blocks.Length)
            {
                Array.Resize(ref _blocks, Math.Max(16, 2 * _blockCount));
            }

            _blocks[_blockCount++] = (_rowCount, start);
        }

        _rows[_rowCount++] = row;
        _weights += row.Count;
    }

    private void MoveRows()
    {
        if (_weights > BlockLength)
        {
            CpuTeam.Run(_blockCount, _moveBlock ??= MoveBlock);
            return;
        }

        // Waking other threads would take longer than the work.
        for (var i = 0; i < _blockCount; i++)
        {
            MoveBlock(i);
        }
    }

    private void MoveBlock(int block)
    {
        var (row, start) = _blocks[block];
        if (_rows[row].Move(Width, start, Math.Min(start + BlockLength, _rows[row].Count)))
        {
            return;
        }

        for (var first = Volatile.Read(ref _firstNonFinite); row < first;)
        {
            var before = Interlocked.CompareExchange(ref _firstNonFinite, row, first);
            first = before == first ? row : before;
        }
    }

    private void Release()
    {
        for (var i = 0; i < _rowCount; i++)
        {
            TensorMemory.Free(_rows[i].Gradient);
            _rows[i] = default;
        }

        (_rowCount, _blockCount, _weights) = (0, 0, 0);
        _byOperators.Clear();
        foreach (var (_, _, gradient, _, _) in _fused)
        {
            if (gradient != 0)
            {
                TensorMemory.Free(gradient);
            }
        }

        _fused.Clear();
    }

    /// <summary>Moves the parameters on GPUs; those with the same constants, which are all but the first time, in kernels for many.</summary>
    private unsafe void MoveFused()
    {
        if (_fused.Count == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        Span<float> constants = stackalloc float[FusedStep.MostConstants], next = stackalloc float[FusedStep.MostConstants];
        Span<FusedStep.Row> rows = stackalloc FusedStep.Row[FusedStep.MostRows];
        var (step, count) = (_fused[0].Step, 0);
        var kernel = _fused[0].Move.Rule.Kernel;
        foreach (var (on, target, gradient, mask, move) in _fused)
        {
            move.Rule.Constants(next);
            if (count == FusedStep.MostRows || on != step || (count > 0 && !next.SequenceEqual(constants)))
            {
                step.Run(kernel, constants, rows[..count]);
                count = 0;
            }

            step = on;
            next.CopyTo(constants);
            rows[count++] = new(Memory(target.Parameter), gradient != 0 ? (float*)TensorMemory.Of(gradient) : Memory(Plain(target.Parameter.grad!)), Memory(move.First), Memory(move.Second), mask is null ? null : target.Words(mask), target.Count);
            TensorMemory.Written(target.Parameter);
        }

        step.Run(kernel, constants, rows[..count]);

        static Tensor Plain(Tensor gradient) => (gradient.is_sparse ? gradient.to_dense() : gradient).to(ScalarType.Float32).contiguous();

        static float* Memory(Tensor? tensor) => tensor is null ? null : (float*)TensorMemory.Of(tensor);
    }

    private void MoveByOperators()
    {
        if (_byOperators.Count == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        foreach (var group in _byOperators.GroupBy(o => (o.Move.Rule, o.Target.Parameter.dtype, o.Target.Parameter.device.ToString())))
        {
            var alike = group.ToArray();
            alike[0].Move.Rule.Move(
                Array.ConvertAll(alike, o => (Tensor)o.Target.Parameter),
                Array.ConvertAll(alike, o => Gradient(o.Target, o.Mask)),
                [.. alike.Select(o => o.Move.First).OfType<Tensor>()],
                [.. alike.Select(o => o.Move.Second).OfType<Tensor>()]);
            foreach (var (target, mask, _) in alike.Where(o => o.Mask is not null))
            {
                using TorchSharp.Scalar zero = 0f;
                target.Parameter.masked_fill_(target.Pruned(mask!), zero);
            }
        }

        // On another device it would wait for all work queued before.
        NonFinite ??= _byOperators.Select(o => o.Target.Parameter).FirstOrDefault(p => p.device_type == TorchSharp.DeviceType.CPU && !p.isfinite().all().item<bool>());
    }

    /// <summary>A parameter's gradient, 0 where the mask prunes.</summary>
    private static Tensor Gradient(PassTarget target, BitMask? mask)
    {
        var gradient = target.Parameter.grad!;
        gradient = gradient.is_sparse ? gradient.to_dense() : gradient;
        using TorchSharp.Scalar zero = 0f;
        return mask is null ? gradient : gradient.masked_fill(target.Pruned(mask), zero);
    }
}
