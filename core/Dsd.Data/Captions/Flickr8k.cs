using Dsd.Training;

namespace Dsd.Data.Captions;

/// <summary>Flickr-8K in Karpathy's split: 8,000 photographs with five captions each. It cannot be fetched; a folder with it is named by the user.</summary>
/// <remarks>
/// Source: Hodosh, Young and Hockenmaier, "Framing image description as a ranking task", JAIR 2013; split and features by Karpathy
/// and Li, "Deep visual-semantic alignments for generating image descriptions", CVPR 2015.
/// </remarks>
public static class Flickr8k
{
    /// <summary>The name of the data set, and of the layout.</summary>
    public const string Name = "flickr8k";

    /// <summary>Words that come five times or more in the training captions, and the end: 2,538, by the size of the paper's network.</summary>
    public const int Words = 2_538;

    /// <summary>The numbers in a feature, VGG-16's second fully connected layer: 4096.</summary>
    public const int FeatureWidth = 4_096;

    /// <summary>How it stands in the catalog.</summary>
    internal static DataEntry Entry { get; } = DataEntry.OfTheUser(HowToName(Name)) with
    {
        Name = Name,
        Description = "8,000 photographs with five captions each, in a folder of yours: flickr8k:/path",
        Licence = "for research, by agreement with its authors",
        Source = "https://cs.stanford.edu/people/karpathy/deepimagesent",
        Size = "200 MB",
        Contents = DataEntry.ContentsOfCaptions(6_000, 30_000, 1_000, 1_000, Words, FeatureWidth),
        Kind = TaskKind.Captions,
        Inputs = FeatureWidth,
        Classes = Words,
        TrainExamples = 30_000,
        ValidationExamples = 1_000,
        TestExamples = 1_000,
    };

    /// <summary>How to name a folder that holds it.</summary>
    internal static string HowToName(string what) =>
        $"{what}: Flickr-8K cannot be fetched. Put dataset.json and its features (vgg_feats.mat, features.npy or features.safetensors) into a folder, and name it by {Name}:PATH.";
}
