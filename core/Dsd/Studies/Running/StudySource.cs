using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Dsd.Execution;
using Dsd.Masks;
using Dsd.Plans;
using Dsd.Runs;
using Dsd.Torch;
using Dsd.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Studies;

/// <summary>The trials of a study on a custom network and task, created by functions.</summary>
/// <remarks>
/// Functions exist in this process alone, so such a study is run by this process, with <c>study.Run</c>, and by one worker; stopped at any moment, it
/// resumes when the program is run again. The workers of <c>dsd study run</c> are processes and need the catalogue's names. A study never mixes
/// data or shapes of networks: the network's name includes a hash of its shape, and the data are compared by their content. A hash does not cover what
/// functions compute (activations, the loss, metrics, augmentation): if that has changed, use another folder.
/// </remarks>
public sealed class StudySource : ITrialSource
{
    private readonly Func<nn.Module> _model;
    private readonly Func<long, ITrainingTask> _task;
    private readonly ITrainingTask _first;
    private readonly DataInventory _inventory;
    private readonly Device? _device;
    private readonly bool _drawsDataPerSeed;
    private readonly ConcurrentDictionary<long, DataInventory> _drawn = new();
    private readonly ConditionalWeakTable<nn.Module, object?> _given = [];

    private StudySource(Func<nn.Module> model, Func<long, ITrainingTask> task, string? name, MaskMethods? methods, Device? device, bool drawsDataPerSeed)
    {
        (_model, _task, _device, _drawsDataPerSeed) = (model, task, device, drawsDataPerSeed);
        Methods = methods ?? MaskMethods.None;

        // The first use of this assembly enables TorchSharp to load where it would not by itself.
        _ = TorchRuntime.IsConfigured;
        _first = task(0) ?? throw new ArgumentException("The function of the task gave null for seed 0.", nameof(task));
        var batch = _first.BatchSize ?? throw new ArgumentException($"The task '{_first.Name}' does not provide its BatchSize, which a study writes down; a SupervisedTask does.", nameof(task));
        var contents = _first.Contents;
        if (contents.Count == 0)
        {
            throw new ArgumentException($"The task '{_first.Name}' does not provide its Contents, the sizes and hashes of its data; without them a study could mix data. A SupervisedTask does.", nameof(task));
        }

        _inventory = new(_first.Name, contents);
        if (drawsDataPerSeed)
        {
            // Called again, so that a function that draws at random is found before the first trial, not after it.
            _drawn[0] = _inventory;
            var again = task(0);
            CheckDrawn(again, new(again.Name, again.Contents), 0);
        }

        using var network = New();
        Network = ModelInspection.ShapeToPlan(network);
        Config = new TrainingConfig($"{name ?? network.GetName()}-{Network.Fingerprint[..8]}", _first.Name, batch);
    }

    /// <summary>The config of the trials: the names of network and data, and the task's batch size; SGD unless it is given another optimiser.</summary>
    public TrainingConfig Config { get; }

    /// <inheritdoc/>
    public MaskMethods Methods { get; }

    private ModelShape Network { get; }

    /// <summary>Creates the trials of a network and a task.</summary>
    /// <param name="model">Creates a new network at each call; torch's random generators are seeded with the trial's seed before it.</param>
    /// <param name="task">
    /// Creates the task of a seed, from 0: the seed determines the order of the examples and their augmentation, as in <see cref="SupervisedTask"/>. All
    /// seeds have the same data, unless <paramref name="drawsDataPerSeed"/> says otherwise; it is called for seed 0 immediately.
    /// </param>
    /// <param name="name">The name of the network; a hash of its shape is added. Default: that of the module.</param>
    /// <param name="methods">The custom mask methods that schedules name. Default null: none.</param>
    /// <param name="device">The device of the networks; a <see cref="SupervisedTask"/> follows. Default null: that on which <paramref name="model"/> creates them.</param>
    /// <param name="drawsDataPerSeed">
    /// True if each seed has data of its own, e.g. another sample or split, or other wrong labels. They must have the name and the steps per epoch of those of seed 0,
    /// and be the same each time that the function is called for a seed; it is called for seed 0 twice to see that. The study recognises its data by those of seed 0. Default false.
    /// </param>
    /// <exception cref="ArgumentException">The task does not provide its batch size or its contents.</exception>
    /// <exception cref="DsdException">The network has no parameters, or the task of seed 0 has other data when it is created again.</exception>
    public static StudySource Of(
        Func<nn.Module> model,
        Func<long, ITrainingTask> task,
        string? name = null,
        MaskMethods? methods = null,
        Device? device = null,
        bool drawsDataPerSeed = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(task);
        return new(model, task, name, methods, device, drawsDataPerSeed);
    }

    /// <inheritdoc/>
    public ModelShape Shape(TrainingConfig config)
    {
        Check(config);
        return Network;
    }

    /// <inheritdoc/>
    public int StepsPerEpoch(TrainingConfig config)
    {
        Check(config);
        return _first.StepsPerEpoch;
    }

    /// <inheritdoc/>
    public DataInventory? Inventory(string data) => data == Config.Data ? _inventory : throw new DsdException($"There are no data '{data}' here; these trials are on '{Config.Data}'.");

    /// <inheritdoc/>
    public (nn.Module Network, ITrainingTask Task) Open(TrainingConfig config, long seed)
    {
        Check(config);
        var task = _task(seed) ?? throw new DsdException(FormattableString.Invariant($"The function of the task gave null for seed {seed}."));
        var now = new DataInventory(task.Name, task.Contents);
        if (_drawsDataPerSeed)
        {
            CheckDrawn(task, now, seed);
        }
        else if (now.Hash != _inventory.Hash || task.Name != _first.Name || task.StepsPerEpoch != _first.StepsPerEpoch)
        {
            throw new DsdException(string.Create(
                CultureInfo.InvariantCulture,
                $"The task of seed {seed} ('{task.Name}', {task.StepsPerEpoch} steps an epoch) has other data than that of seed 0 ('{_first.Name}', {_first.StepsPerEpoch}){(now.Since(_inventory) is { Length: > 0 } changes ? $": {changes}" : "")}. All seeds of a study must learn from and be measured on the same splits: split once, outside of the function, and use its seed for the order of examples alone, or give drawsDataPerSeed: true."));
        }

        manual_seed(seed);
        return (New(), task);
    }

    private nn.Module New()
    {
        var network = _model() ?? throw new DsdException("The function of the model gave null.");
        if (!_given.TryAdd(network, null))
        {
            throw new DsdException("The function of the model gave a network that it gave before; it must create a new network each time, since each trial trains and disposes of its own. Create it inside the function.");
        }

        return _device is null ? network : network.to(_device);
    }

    /// <summary>Checks the task of a seed that has data of its own.</summary>
    private void CheckDrawn(ITrainingTask task, DataInventory now, long seed)
    {
        if (task.Name != _first.Name || task.StepsPerEpoch != _first.StepsPerEpoch)
        {
            throw new DsdException(string.Create(
                CultureInfo.InvariantCulture,
                $"The task of seed {seed} ('{task.Name}', {task.StepsPerEpoch} steps an epoch) is not of the form of that of seed 0 ('{_first.Name}', {_first.StepsPerEpoch}). The data that each seed draws must have one name and one number of steps per epoch: draw as many examples for each."));
        }

        if (_drawn.GetOrAdd(seed, now) is var before && before.Hash != now.Hash)
        {
            throw new DsdException(string.Create(
                CultureInfo.InvariantCulture,
                $"The task of seed {seed} has other data than when it was created before: {now.Since(before)}. What a seed draws must follow from the seed alone, e.g. from CounterRandom.For(seed, \"sample\"): its trial is created again to continue it and to measure it on test."));
        }
    }

    private void Check(TrainingConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);

        // The study chooses the optimiser and the limit on gradients; everything else comes from the functions.
        if (config.WithOptimizer(Config.Optimizer).WithGradientClip(null) != Config)
        {
            throw new DsdException($"The study is of {config}, but these functions make {Config}. Give the study source.Config, changed in nothing but the optimiser and the gradient's largest norm; other networks, data and batch sizes need other functions, and so do wrong labels and data drawn for each seed (drawsDataPerSeed).");
        }
    }
}
