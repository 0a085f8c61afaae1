namespace Dsd.Models;

/// <summary>What networks for images are written in: layers by name, applied to values.</summary>
/// <remarks>
/// A network is written once, for values of any kind. With sizes as values its layers are listed (<see cref="LayerListing"/>), with
/// tensors it is computed (<see cref="LayerPass"/>). A layer's inputs are never written down: they follow from what goes in.
/// </remarks>
/// <typeparam name="T">The values.</typeparam>
internal interface ILayers<T>
{
    /// <summary>A convolution with a square kernel.</summary>
    T Convolution(string name, T input, int outputs, int kernel, int stride = 1, int padding = 0, bool bias = true, InitialWeights start = InitialWeights.Uniform);

    /// <summary>A batch norm; scales start at 1 and shifts at 0.</summary>
    T BatchNorm(string name, T input, double epsilon = 1e-5);

    /// <summary>A fully connected layer on flat values.</summary>
    T Linear(string name, T input, int outputs, InitialWeights start = InitialWeights.Uniform);

    /// <summary>Sets values to zero with some probability and scales up the others, in training only.</summary>
    T Dropout(string name, T input, double probability);

    /// <summary>max(x, 0), written over the input.</summary>
    T Relu(T input);

    /// <summary>The largest value of each square; where it rounds up, a square that hangs over the edge counts too.</summary>
    T MaxPool(T input, int kernel, int stride, int padding = 0, bool roundsUp = false);

    /// <summary>Means over as many parts of the image, whatever its size.</summary>
    T MeanPool(T input, int side);

    /// <summary>All values of an image in one row.</summary>
    T Flatten(T input);

    /// <summary>The channels of several images of one size, one after another.</summary>
    T Concatenate(params T[] parts);

    /// <summary>The sum, written over the first.</summary>
    T Add(T sum, T other);

    /// <summary>Every so many rows and columns, with zero channels appended.</summary>
    T Skip(T input, int stride, int zeroChannels);

    /// <summary>A part of the network, all of whose values but the last are let go at its end.</summary>
    T Block(Func<T> part);

    /// <summary>Further scores, which only training needs.</summary>
    void Head(Func<T> scores);
}
