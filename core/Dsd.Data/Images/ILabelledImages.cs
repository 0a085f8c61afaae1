using Dsd.Records;

namespace Dsd.Data;

/// <summary>A data set of labelled images, in memory or in files.</summary>
internal interface ILabelledImages : IDataset
{
    /// <summary>The number of classes.</summary>
    int Classes { get; }

    /// <summary>How many threads write images at the same time, given how many libtorch has. Default: one where libtorch leaves a processor free.</summary>
    int Workers(int torchThreads) => Environment.ProcessorCount > torchThreads ? 1 : 0;

    /// <summary>How many batches are kept ready beyond the current one. Default 1.</summary>
    int Ahead => 1;

    /// <summary>More for the record than the count of examples and the batch, e.g. <c>", 224×224"</c>. Default: nothing.</summary>
    string Details => "";

    /// <summary>Whether the test part is measured on ten crops too. Default false.</summary>
    bool TenCropTest => false;

    /// <summary>What is known to be wrong with the data before an image is decoded. Default: nothing.</summary>
    ValueList<DataProblem> Defined => [];

    /// <summary>A source of the images of a part.</summary>
    IImageSource Source(DataSplit split);
}
