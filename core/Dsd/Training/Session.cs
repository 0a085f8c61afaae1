using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dsd.Checkpoints;
using Dsd.Masks;
using Dsd.Optimizers;
using Dsd.Plans;
using Dsd.Records;
using Dsd.Schedules;
using Dsd.Torch;
using static Dsd.Records.TrainingEvent;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Carries out a plan on a live model and its optimiser, step by step; the heart of any training loop.</summary>
/// <remarks>
/// <code>
/// TorchRuntime.Configure();            // once, as the first line of the program
/// …
/// using var session = new Session(plan, model, optimizer);
/// while (session.BeginStep())          // sets the rate; opens and closes phases; chooses masks
/// {
///     optimizer.zero_grad();
///     loss(session.Step).backward();
///     session.MaskGradients();         // before clipping, if you clip
///     optimizer.step();
///     session.EndStep();               // masked weights are exactly 0 again
/// }
/// </code>
/// The optimisers <see cref="MaskedSgd"/>, <see cref="MaskedAdam"/> and <see cref="MaskedAdamW"/> apply the masks themselves, at
/// no cost; with them a loop that does not clip can leave <see cref="MaskGradients"/> out, except in phases that train pruned weights straight-through or whose criterion
/// sees each step.
/// When <see cref="BeginStep"/> has returned false, the last phase's masks still hold; <see cref="Dispose"/> releases them
/// without touching weights. Parameters are changed in place: the model's objects stay the same throughout. Until it is over or
/// disposed, no other session can train the same parameters.
/// </remarks>
public sealed class Session : IDisposable
{
    private readonly PlannedModel _model;
    private readonly LiveOptimizer _optimizer;
    private readonly Action<TrainingEvent> _observer;
    private readonly Stopwatch _phaseClock = new();
    private readonly DenseGradients _gradients;
    private readonly ModelClaim _claim;
    private readonly DivergenceCheck _divergence;
    private readonly IMaskedOptimizer? _masked;
    private readonly MaskMethods _methods;
    private readonly Returns _returns;
    private readonly long _seed;
    private readonly bool _isOnCuda;
    private TimeSpan _phaseTimeBefore;
    private PlannedPhase? _phase;
    private Stage _stage = Stage.Between;
    private bool _isDisposed;

    /// <summary>Binds a plan.</summary>
    /// <param name="plan">The plan, resolved against this model's shape.</param>
    /// <param name="model">The model, already on its device.</param>
    /// <param name="optimizer">The optimiser of the model's parameters; the session sets its rate before each step.</param>
    /// <param name="observer">
    /// Called with the session's events (a phase started, masks computed, a phase ended) as soon as the state that each describes
    /// is reached; of more than 500 choices of masks in a phase some have none (<see cref="MaskComputed"/>). The last phase ends at the <see cref="BeginStep"/> that returns false. Default: none.
    /// </param>
    /// <param name="methods">The custom criteria and updates that the plan's schedule names. Default null: none.</param>
    /// <param name="seed">The seed of redrawn weights and random mask updates; of a model on a GPU also of its dropout, since the generator there is seeded at every step. Default 0.</param>
    /// <exception cref="DsdException">
    /// The model has no parameters or another shape than the plan, a tensor has more than 268,435,455 weights, a criterion or update is missing,
    /// the optimiser does not train a parameter that the plan prunes, another session has the optimiser or trains a parameter of it or of the model, or
    /// <see cref="TorchRuntime.Configure"/> was not called.
    /// </exception>
    public Session(
        Plan plan,
        nn.Module model,
        optim.Optimizer optimizer,
        Action<TrainingEvent>? observer = null,
        MaskMethods? methods = null,
        long seed = 0)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(optimizer);
        TorchRuntime.RequireConfigured("A session");
        Plan = plan;
        _observer = observer ?? (_ => { });
        _methods = methods ?? MaskMethods.None;
        _seed = seed;
        _isOnCuda = model.parameters().FirstOrDefault()?.device_type == TorchSharp.DeviceType.CUDA;
        _model = new PlannedModel(plan, model);
        _methods.Check(plan);
        KeepsGradientsAtPhaseEnds = _methods.Criteria.Count > 0 || _methods.ReadsGradients(plan);
        _optimizer = new LiveOptimizer(optimizer);
        _model.CheckThatThePrunedIsTrained(_optimizer);
        _gradients = new DenseGradients(_model.Parameters);
        _divergence = new DivergenceCheck(_model.Parameters);
        Masks = new MaskSet(_model.Parameters, _optimizer, _methods, seed);
        _returns = new Returns(_model, Masks, _optimizer);
        _returns.KeepFor(plan);

        // The claim comes after every other check except the optimiser's, which must not follow the masks of a rejected session.
        _claim = new ModelClaim(_model.Parameters, optimizer, _optimizer.Parameters);
        if (optimizer is IMaskedOptimizer masked)
        {
            try
            {
                masked.Follow(Masks);
            }
            catch
            {
                Dispose();
                throw;
            }

            _masked = masked;
        }
    }

    private enum Stage
    {
        Between,
        InStep,
        GradientsMasked,
        Over,
    }

    /// <summary>The plan that the session carries out.</summary>
    public Plan Plan { get; }

    /// <summary>The step in progress or, between steps, the next one; from 0.</summary>
    public long Step { get; private set; }

    /// <summary>The phase of the most recently started step, or null before the first.</summary>
    public PlannedPhase? Phase => _phase;

    /// <summary>The live masks.</summary>
    public MaskSet Masks { get; }

    /// <summary>True if the step just ended was the last of its phase (its mask is still in place).</summary>
    public bool IsPhaseDone => _phase is not null && Step == _phase.FirstStep + _phase.Steps;

    /// <summary>The learning rate of <see cref="Step"/>: the plan's, halved by each rollback so far.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The plan is over.</exception>
    public double Rate => Plan.RateAt(Step) * RateFactor;

    /// <summary>The factor on the plan's rates that rollbacks have left.</summary>
    internal double RateFactor => Math.Pow(0.5, Rollbacks);

    /// <summary>The number of times that training went back to a checkpoint; each halves the rates that follow.</summary>
    internal int Rollbacks { get; set; }

    /// <summary>True if a step needs <see cref="MaskGradients"/> even where nothing reads gradients before the optimiser does.</summary>
    internal bool NeedsMaskedGradients => _masked is null || Masks.ReadsEachStep;

    /// <summary>
    /// True if gradients are kept at the end of a phase, since the next phase may choose masks by them: that of this plan or, as an arm may continue
    /// from a copy, of another.
    /// </summary>
    internal bool KeepsGradientsAtPhaseEnds { get; set; }

    /// <summary>True if the masks of the first phase rank by gradients, which a backward pass before the first step must make.</summary>
    internal bool NeedsFirstGradients => Step == 0 && Plan.Phases[0] is { IsDense: false, Phase.Mask.Criterion.Kind: CriterionKind.WeightTimesGradient or CriterionKind.Gradient };

    /// <summary>True if a step may draw random numbers on a GPU, whose generator is then seeded in each. Default true.</summary>
    internal bool DrawsOnCuda { get; set; } = true;

    /// <summary>Identifies the plan in a checkpoint of a session.</summary>
    private string PlanName => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{Plan.Schedule.ToJson()}\n{Plan.Shape.Fingerprint}\n{Plan.StepsPerEpoch.ToString(CultureInfo.InvariantCulture)}{Ends}")))[..32];

    /// <summary>The steps of phases where earlier versions, which rounded the length of each phase instead of its end, had others.</summary>
    private string Ends => Plan.HasRoundedEnds ? "\n" + string.Join(' ', Plan.Phases.Select(p => p.Steps.ToString(CultureInfo.InvariantCulture))) : "";

    private TimeSpan PhaseTime => _phaseTimeBefore + _phaseClock.Elapsed;

    /// <summary>Starts the next step: closes and opens phases where one ends, chooses masks where due, and sets the rate.</summary>
    /// <returns>True if there is a step to do; false if the plan is over.</returns>
    /// <exception cref="InvalidOperationException">The previous step was not ended.</exception>
    /// <exception cref="ObjectDisposedException">The session was disposed.</exception>
    /// <exception cref="DsdException">Weights are not finite before the first step or cannot be ranked, or the model was moved or rebuilt after binding.</exception>
    public bool BeginStep()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_stage == Stage.Over)
        {
            return false;
        }

        Expect(Stage.Between, nameof(BeginStep), "call EndStep first");
        _model.CheckThatItLives();
        if (_phase is null && Step == 0)
        {
            _model.CheckThatWeightsAreFinite();
            _returns.Reached();
        }

        if (Step < Plan.TotalSteps)
        {
            // Before the state is reset where a phase ends: the initial state of some optimisers includes the rate.
            _optimizer.SetRate(Rate);
        }

        if (_phase is null || IsPhaseDone)
        {
            ClosePhase();
            if (Step == Plan.TotalSteps)
            {
                _stage = Stage.Over;
                _gradients.Dispose();
                _claim.Dispose();
                return false;
            }

            OpenPhase();
        }
        else if (_phase.ChoosesAt(Step - _phase.FirstStep))
        {
            ChooseMasks();
        }

        if (_isOnCuda && DrawsOnCuda)
        {
            RunSeed.BeginStepOnCuda(_seed, Step);
        }

        _stage = Stage.InStep;
        return true;
    }

    /// <summary>Zeroes the gradients of masked weights; call it after backward and before clipping or the optimiser's step.</summary>
    /// <remarks>A loop whose optimiser applies the masks itself may omit it if nothing reads gradients in between.</remarks>
    /// <exception cref="InvalidOperationException">No step was started.</exception>
    /// <exception cref="ObjectDisposedException">The session was disposed.</exception>
    /// <exception cref="DsdException">No parameter has a gradient at the first step.</exception>
    /// <exception cref="DivergedException">A gradient in CPU memory is not finite.</exception>
    public void MaskGradients()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        Expect(Stage.InStep, nameof(MaskGradients), "call BeginStep first, and this once a step");
        _model.CheckThatItLives();
        if (Step == 0)
        {
            CheckThatSomethingHasAGradient();
        }

        KeepGradients();
        Masks.SeeStep(Moment(_phase!.UpdateAt(Step - _phase.FirstStep)));
        Masks.BeforeUpdate();
        _divergence.Gradients(Step, Rate);
        _stage = Stage.GradientsMasked;
    }

    /// <summary>Ends the step after the optimiser's update: masked weights are exactly 0 again.</summary>
    /// <exception cref="InvalidOperationException">No step was started, or its gradients were not masked though the optimiser applies no masks.</exception>
    /// <exception cref="ObjectDisposedException">The session was disposed.</exception>
    /// <exception cref="DivergedException">The update left a weight in CPU memory that is not finite; weights in other memory are checked where a phase ends.</exception>
    public void EndStep()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _model.CheckThatItLives();
        if (!NeedsMaskedGradients && _stage == Stage.InStep)
        {
            KeepGradients();
            _stage = Stage.GradientsMasked;
        }

        Expect(Stage.GradientsMasked, nameof(EndStep), "call BeginStep and MaskGradients first");
        if (_masked is null)
        {
            if (Masks.ReadsEachStep)
            {
                // Pruned weights that are trained are in the network up to here.
                _divergence.Weights(Step, Rate);
            }

            Masks.AfterUpdate();
            _divergence.Weights(Step, Rate);
        }
        else if (_masked.NonFinite is { } parameter)
        {
            _divergence.Left(parameter, Step, Rate);
        }
        else if (Masks.ReadsEachStep)
        {
            Masks.AfterUpdate();
        }

        Step++;
        _stage = Stage.Between;
    }

    /// <summary>Saves a checkpoint: weights and buffers, masks, the optimiser's state, the state of criteria and updates, and libtorch's random state; between steps only.</summary>
    /// <remarks>Any reader of .safetensors opens the file; weights have their ordinary names. A GPU's generator needs no state in it: <see cref="BeginStep"/> seeds it from the session's seed and the step.</remarks>
    /// <param name="path">The file; an existing one is replaced once the new one is complete.</param>
    /// <exception cref="InvalidOperationException">A step is in progress.</exception>
    /// <exception cref="IOException">The file cannot be written; an existing one is unchanged.</exception>
    public void Save(string path)
    {
        using var state = CaptureAll();
        CheckpointFile.Write(path, new Checkpoint(null, Phase?.Phase.Name, state, new Dictionary<string, byte[]>(), new Dictionary<string, double>(), PlanName));
    }

    /// <summary>Continues from a checkpoint: the next step is the one after it, with the bits of a loop that never stopped.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DsdException">It is missing, damaged or altered, or of another network, plan or optimiser.</exception>
    public void Load(string path)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_stage == Stage.Over)
        {
            throw new InvalidOperationException("This session is over; create another one to continue from a checkpoint.");
        }

        Expect(Stage.Between, nameof(Load), "call EndStep first");

        using var checkpoint = CheckpointFile.Read(path);
        if (checkpoint.Origin != PlanName)
        {
            throw new DsdException($"{path}: the checkpoint is not of a session with this plan. Create the session with the schedule, network and steps per epoch that it was saved with.");
        }

        Restore(checkpoint.State);
    }

    /// <summary>Releases the masks; weights stay as they are, and no further step can be made.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _gradients.Dispose();
        _claim.Dispose();
        Masks.Dispose();
    }

    /// <summary>Rejects gradients in CPU memory that are not finite, after they were changed once more.</summary>
    /// <exception cref="DivergedException">One is not.</exception>
    internal void CheckThatGradientsAreFinite() => _divergence.Gradients(Step, Rate);

    /// <summary>Rejects weights that are not finite in any memory; call it after the optimiser's step.</summary>
    /// <exception cref="DivergedException">A weight is not finite.</exception>
    internal void CheckThatWeightsAreFinite() => _divergence.Weights(Step, Rate, all: true);

    /// <summary>True if the step in progress does no more than forward and backward pass and update: nothing sees or keeps its gradients, and it is neither the first of its phase nor the last.</summary>
    /// <param name="count">The number of steps from this one on for which it must be true, at least 1.</param>
    internal bool PlainSteps(int count) => _stage == Stage.InStep && !NeedsMaskedGradients && Step - _phase!.FirstStep is > 0 and var step && step + count < _phase.Steps && !Enumerable.Range(1, count).Any(i => _phase.ChoosesAt(step + i));

    /// <summary>Rejects a step whose backward pass reached no parameter.</summary>
    internal void CheckThatSomethingHasAGradient() => _model.CheckThatSomethingHasAGradient(Step);

    /// <summary>Keeps what later phases of other plans refer to, as an arm may continue from a copy of this session.</summary>
    internal void KeepFor(IEnumerable<Plan> plans) => plans.ToList().ForEach(_returns.KeepFor);

    /// <summary>Captures a deep copy of the model, of this session and of libtorch's random state; between steps only.</summary>
    internal TrainingState CaptureAll()
    {
        using var guard = no_grad();
        return new(_model.Capture(), get_rng_state().DetachFromDisposeScope(), Capture(), 0, [], new(null, null, double.PositiveInfinity), []);
    }

    /// <summary>Captures this session's own state as deep copies; between steps only.</summary>
    internal SessionState Capture()
    {
        if (_stage != Stage.Over)
        {
            Expect(Stage.Between, nameof(Save), "call EndStep first");
        }

        return new(Step, _phase?.Index, PhaseTime, Rollbacks, _optimizer.Capture(_model.Parameters), Masks.Capture(), _gradients.Capture(), _model.WithGradient());
    }

    /// <summary>Continues from a captured state, also in the middle of a step that failed.</summary>
    /// <exception cref="DsdException">The state is of another network, plan or optimiser.</exception>
    internal void Restore(TrainingState whole)
    {
        var state = whole.Session;
        if (state.Step > Plan.TotalSteps || state.Phase >= Plan.Phases.Count || (state.Phase is { } phase && Plan.Phases[phase] is var at && (state.Step <= at.FirstStep || state.Step > at.FirstStep + at.Steps)))
        {
            throw new DsdException(FormattableString.Invariant($"The checkpoint is of another plan: it was made after step {state.Step} in phase {state.Phase + 1}."));
        }

        // All is checked before anything is changed.
        CheckpointFit.Check(whole, Plan, _model);
        var restore = _optimizer.Prepare(state.Optimizer, _model.Parameters);
        _model.Restore(whole.Model, state.WithGradient);
        restore();
        Step = state.Step;
        Rollbacks = state.Rollbacks;
        _phase = state.Phase is { } index ? Plan.Phases[index] : null;
        Masks.Restore(state.Masks, _phase);
        _gradients.Restore(state.Gradients);
        _phaseTimeBefore = state.PhaseTime;
        _phaseClock.Restart();
        _stage = Stage.Between;
        if (_phase is not null)
        {
            Masks.Verify(_phase, Step - _phase.FirstStep);
        }

        set_rng_state(whole.RandomState);
    }

    /// <summary>Keeps this step's gradients if masks may be chosen by them before the next step.</summary>
    private void KeepGradients()
    {
        var next = Step + 1 - _phase!.FirstStep;
        if (next == _phase.Steps)
        {
            if (KeepsGradientsAtPhaseEnds)
            {
                // The phase that follows may prune any layer; so may that of another arm, which continues from a copy.
                _gradients.Keep(_phase.Layers.Select(l => l.Parameter));
            }
        }
        else if (_phase.ChoosesAt(next) && _methods.ReadsGradients(_phase.Phase.Mask).Later)
        {
            _gradients.Keep(_phase.Layers.Where(l => l.IsPruned).Select(l => l.Parameter));
        }
    }

    private void ClosePhase()
    {
        if (_phase is null)
        {
            return;
        }

        _divergence.Weights(Step - 1, Plan.RateAt(Step - 1) * RateFactor, all: true);
        Masks.Verify(_phase, _phase.Steps);
        _observer(new PhaseEnded(
            _phase.Index,
            Step,
            WeightCensus.Counts(_phase, _model.Parameters, Masks),
            WeightCensus.Histograms(_phase, _model.Parameters),
            PhaseTime.TotalSeconds));
        if (Step < Plan.TotalSteps)
        {
            _returns.Reached(_phase.Phase.Name);
            Masks.Lift(_phase);
        }
    }

    private void OpenPhase()
    {
        _model.CheckThatItStays();
        _phase = Plan.PhaseAt(Step);
        _phaseTimeBefore = TimeSpan.Zero;
        _phaseClock.Restart();
        var masks = _phase.IsDense ? null : Choose(0);
        _gradients.Dispose();
        if (_phase.Phase.Rewind is { } rewind)
        {
            _returns.ReturnTo(rewind, _phase);
        }

        _observer(new PhaseStarted(_phase.Index, _phase.Phase.Name, Step, _phase.Steps, WeightCensus.Histograms(_phase, _model.Parameters)));
        if (masks is not null)
        {
            _observer(new MaskComputed(_phase.Index, Step, masks));
        }
    }

    private void ChooseMasks()
    {
        var update = _phase!.UpdateAt(Step - _phase.FirstStep);
        var masks = Choose(update);
        if (_phase.UnrecordedBefore(update) is { } unrecorded)
        {
            _observer(new MaskComputed(_phase.Index, Step, masks, unrecorded));
        }
    }

    private ValueList<LayerMask> Choose(long update)
    {
        try
        {
            return Masks.Choose(_phase!, Moment(update), GradientOf);
        }
        finally
        {
            _gradients.Dispose();
        }

        // Before the first step any gradient came with the model; later, one that was not kept may be masked or from another step.
        Tensor? GradientOf(string name) => _gradients.Of(name) ?? (Step == 0 ? _model.Parameters[name].grad : null);
    }

    private MaskMoment Moment(long update) => new(Step, Step - _phase!.FirstStep, _phase.Steps, update, _seed);

    private void Expect(Stage stage, string call, string remedy)
    {
        if (_stage != stage)
        {
            throw new InvalidOperationException($"{call} came out of order: {remedy}. A step is BeginStep, backward, MaskGradients, the optimiser's step, EndStep.");
        }
    }
}
