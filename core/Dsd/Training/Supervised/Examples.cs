using System.Runtime.CompilerServices;
using Dsd.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Training;

/// <summary>Pairs of an input and a target, read by position from tensors, arrays, or a custom data set.</summary>
/// <remarks>
/// Tensors and .NET arrays become examples by <see cref="Of(Tensor, Tensor)"/> and its overloads. A custom data set derives from this class and
/// reads its examples in <see cref="Count"/> and <see cref="Read"/>; both must always return the same.
/// </remarks>
public abstract class Examples
{
    private const int FingerprintBatch = 256;

    private readonly Lazy<DataInventory.Entry> _content;

    /// <summary>Initialises a derived class.</summary>
    protected Examples() => _content = new(() => ContentHash.Of(ReadInOrder(FingerprintBatch)));

    /// <summary>The number of examples.</summary>
    public abstract int Count { get; }

    /// <summary>Reads some examples.</summary>
    /// <param name="positions">Their positions, each from 0 to <see cref="Count"/> − 1, in the order in which they are to be returned.</param>
    /// <returns>
    /// The inputs and the targets, each with one row per example; new tensors at each call, since the caller owns and disposes both. A
    /// <see cref="SupervisedTask"/> converts floating-point numbers to 32-bit and integers to 64-bit, as <see cref="Of(Tensor, Tensor)"/> does.
    /// </returns>
    public abstract (Tensor Inputs, Tensor Targets) Read(IReadOnlyList<int> positions);

    /// <summary>The size of the content in bytes and a hash of it; computed once. Default: those of everything <see cref="Read"/> returns, in order.</summary>
    public virtual DataInventory.Entry Content => _content.Value;

    /// <summary>Creates examples from tensors.</summary>
    /// <param name="inputs">The inputs, one row per example. Floating-point numbers are read as 32-bit, integers as 64-bit.</param>
    /// <param name="targets">The targets, one row per example: class labels as integers from 0, or numbers to be predicted.</param>
    /// <remarks>Tensors of 32-bit floats and 64-bit integers are not copied; do not change them afterwards.</remarks>
    /// <exception cref="ArgumentException">A tensor has no rows, the numbers of rows differ, a type is not one of those above, or a number is NaN or infinite.</exception>
    public static Examples Of(Tensor inputs, Tensor targets) => new TensorExamples(inputs, targets);

    // TorchSharp converts some arrays to tensors implicitly, without our checks; the priorities resolve the overload for C#.
    /// <summary>Creates examples from arrays.</summary>
    /// <param name="inputs">
    /// The inputs: <c>float[,]</c>, <c>float[][]</c>, <c>double[,]</c>, <c>float[,,,]</c> and the like, with examples along the first dimension; <c>int</c> and
    /// <c>long</c> arrays for indices, e.g. of an embedding.
    /// </param>
    /// <param name="targets">The targets: <c>int[]</c>, <c>long[]</c> or <c>byte[]</c> for class labels, <c>float[]</c>, <c>float[,]</c> and the like for numbers to be predicted.</param>
    /// <remarks>Arrays are copied. Doubles are rounded to 32-bit floats, integers become 64-bit.</remarks>
    /// <exception cref="ArgumentException">An array is empty or ragged, the numbers of examples differ, a type is not one of those above, or a number is NaN or infinite.</exception>
    [OverloadResolutionPriority(2)]
    public static Examples Of(Array inputs, Array targets) => new TensorExamples(ArrayTensor.Of(inputs, nameof(inputs)), ArrayTensor.Of(targets, nameof(targets)));

    /// <inheritdoc cref="Of(Array, Array)"/>
    [OverloadResolutionPriority(1)]
    public static Examples Of(Tensor inputs, Array targets) => new TensorExamples(inputs, ArrayTensor.Of(targets, nameof(targets)));

    /// <inheritdoc cref="Of(Array, Array)"/>
    [OverloadResolutionPriority(1)]
    public static Examples Of(Array inputs, Tensor targets) => new TensorExamples(ArrayTensor.Of(inputs, nameof(inputs)), targets);

    /// <summary>Draws the three splits from these examples at random.</summary>
    /// <param name="train">The fraction to train on, above 0.</param>
    /// <param name="validation">The fraction to base choices on, above 0.</param>
    /// <param name="test">The fraction that is read once, at the end, above 0. The three fractions add up to 1.</param>
    /// <param name="seed">The seed of the assignment to splits. Keep it the same for all seeds of a study, so that all trials have the same test split. Default 0.</param>
    /// <returns>The three splits, which are disjoint and hold all examples; validation and test have their fraction of the count rounded to the nearest, train the rest.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A fraction is not above 0, or they do not add up to 1.</exception>
    /// <exception cref="ArgumentException">There are too few examples for each split to have one.</exception>
    public (Examples Train, Examples Validation, Examples Test) Split(double train, double validation, double test, long seed = 0)
    {
        Require(train, nameof(train));
        Require(validation, nameof(validation));
        Require(test, nameof(test));
        if (Math.Abs(train + validation + test - 1) > 1e-9)
        {
            throw new ArgumentOutOfRangeException(
                nameof(train), train, FormattableString.Invariant($"The fractions of train ({train}), validation ({validation}) and test ({test}) add up to {train + validation + test:G10}; they must add up to 1."));
        }

        var (ofValidation, ofTest) = (Rounded(validation), Rounded(test));
        var ofTrain = Count - ofValidation - ofTest;
        if (ofTrain < 1 || ofValidation < 1 || ofTest < 1)
        {
            throw new ArgumentException(FormattableString.Invariant($"Of {Count} examples, {ofTrain} would go to train, {ofValidation} to validation and {ofTest} to test; each needs at least 1."));
        }

        var order = CounterRandom.For(seed, "split").Permutation(Count);
        return (Part(0, ofTrain), Part(ofTrain, ofValidation), Part(ofTrain + ofValidation, ofTest));

        static void Require(double fraction, string name)
        {
            if (!(fraction > 0 && fraction < 1))
            {
                throw new ArgumentOutOfRangeException(name, fraction, $"The fraction of {name} must be above 0 and below 1, e.g. train: 0.7, validation: 0.15, test: 0.15.");
            }
        }

        int Rounded(double fraction) => (int)Math.Round(fraction * Count, MidpointRounding.ToEven);

        Examples Part(int first, int count) => new ExamplePart(this, order.AsMemory(first, count));
    }

    /// <summary>Returns all targets, which the caller disposes of; null if they are not in memory.</summary>
    internal virtual Tensor? Targets() => null;

    /// <summary>Returns the hashes of the examples' inputs, computed once for all parts and tasks; null if they are not in memory.</summary>
    internal virtual RowHashes? InputHashes() => null;

    /// <summary>Returns the examples on a device, copied there once for all parts and tasks; null if they are not in memory, or too large.</summary>
    /// <param name="device">The device.</param>
    /// <param name="isWanted">True to keep them there in any case, false not to; null to do it on a device other than the CPU if they fit.</param>
    internal virtual ResidentExamples? On(Device device, bool? isWanted) => null;

    /// <summary>Reads some examples and checks that there are two tensors.</summary>
    /// <exception cref="DsdException"><see cref="Read"/> returned null or a tensor that is disposed.</exception>
    internal (Tensor Inputs, Tensor Targets) ReadChecked(IReadOnlyList<int> positions)
    {
        var (inputs, targets) = Read(positions);
        if (inputs is null || targets is null)
        {
            throw new DsdException("Examples.Read returned null; it must return the inputs and the targets, each with one row for each position.");
        }

        return !inputs.IsInvalid && !targets.IsInvalid ? (inputs, targets) : throw new DsdException(
            "Examples.Read returned tensors that are disposed. The caller owns both and disposes them, so that each call must return new ones, e.g. by index_select or clone.");
    }

    /// <summary>Converts floating-point numbers to 32-bit and integers to 64-bit; leaves other types as they are.</summary>
    internal static Tensor OfReadType(Tensor tensor) => tensor.dtype switch
    {
        ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16 => tensor.to(ScalarType.Float32),
        ScalarType.Int32 or ScalarType.Int16 or ScalarType.Int8 or ScalarType.Byte => tensor.to(ScalarType.Int64),
        _ => tensor,
    };

    /// <summary>Reads all examples in order, in batches, with the types of <see cref="Read"/>.</summary>
    /// <param name="batchSize">Examples in a batch; the last may have fewer.</param>
    internal IEnumerable<(int First, Tensor Inputs, Tensor Targets)> ReadInOrder(int batchSize)
    {
        for (var first = 0; first < Count; first += batchSize)
        {
            var (inputs, targets) = ReadChecked([.. Enumerable.Range(first, Math.Min(batchSize, Count - first))]);
            yield return (first, inputs, targets);
        }
    }
}
