namespace Dsd.Data.Tests;

public class TextDatasetTests
{
    [Fact]
    public void Constructor_TakesTheSymbolsOfTheTrainPartInOrder()
    {
        var data = Data("hello world", "low", "hold");
        Assert.Equal(" dehlorw", data.Vocabulary.Symbols);
        Assert.Equal(8, data.Vocabulary.Count);
        Assert.Equal("low", data.Vocabulary.Decode(data.Validation.Text(0)));
        Assert.Equal((11, 3, 4), (data.Train.Characters, data.Validation.Characters, data.Test.Characters));
    }

    [Fact]
    public void Constructor_SymbolThatTrainLacks_ThrowsWithTheTextAndThePlace()
    {
        var error = Assert.Throws<DsdException>(() => Data("hello world", "low", "hex"));
        Assert.Contains("'test' has the symbol 'x' (U+0078) at position 2", error.Message);
        Assert.Contains("the 8 symbols of the train split", error.Message);
    }

    [Fact]
    public void Constructor_TooManySymbols_Throws() => Assert.Contains(
        "300 symbols, at most 256",
        Assert.Throws<DsdException>(() => Data(string.Concat(Enumerable.Range(0, 300).Select(i => (char)(0x100 + i))), "", "")).Message);

    [Fact]
    public void Constructor_TextInTwoParts_Throws() => Assert.Contains("'one' occurs twice", Assert.Throws<ArgumentException>(
        () => new TextDataset("x", [new("one", "abab")], [new("one", "ab")], [], windowLength: 1)).Message);

    [Theory]
    [InlineData("", 2)]
    [InlineData("abc", 2)]
    public void Constructor_NothingToLearnFrom_Throws(string text, int window) =>
        Assert.Throws<ArgumentException>(() => Data(text, "", "", window));

    [Theory]
    [InlineData(0, null)]
    [InlineData(2, 0)]
    [InlineData(2, 5)]
    public void Constructor_NumberOutsideItsRange_Throws(int window, int? limit) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Data("hello world", "", "", window, limit));

    [Theory]
    [InlineData(2, 4)]
    [InlineData(3, 2)]
    [InlineData(5, 1)]
    public void TrainExamples_LeaveRoomForAnyBeginning(int window, int expected)
    {
        var data = Data("hello world", "", "", window);
        Assert.Equal(expected, data.TrainExamples);
        Assert.Equal("hello world"[..(window + 1)], data.Vocabulary.Decode(data.Window(0, 0)));
        for (var i = 0; i < expected; i++)
        {
            Assert.Equal("hello world".Substring((i * window) + window - 1, window + 1), data.Vocabulary.Decode(data.Window(i, window - 1)));
        }
    }

    [Fact]
    public void Window_NeverReachesIntoAnotherText()
    {
        var data = new TextDataset("x", [new("a", "aaaaaaa"), new("short", "c"), new("b", "bbbbbbb")], [], [], windowLength: 3);
        Assert.Equal(2, data.TrainExamples);
        Assert.Equal("aaaa bbbb", string.Join(' ', Enumerable.Range(0, 2).Select(i => data.Vocabulary.Decode(data.Window(i, 2)))));
    }

    [Fact]
    public void Task_OfEachKind_ComesFromItsData()
    {
        IDataset text = Data("hello world", "", "", limit: 3);
        IDataset images = Tiny.Dataset();
        Assert.Equal((3, 24), (text.TrainExamples, images.TrainExamples));
        Assert.Equal(3, Assert.IsType<LanguageModelling>(text.Task(1, seed: 1)).StepsPerEpoch);
        Assert.Equal("shift 1", Assert.IsType<ImageClassification>(images.Task(2, seed: 1, new Augmentation(1))).Augmentation.ToString());
    }

    [Fact]
    public void Task_TextWithAugmentation_Throws()
    {
        var data = Data("hello world", "", "");
        Assert.IsType<LanguageModelling>(data.Task(1, 1, Augmentation.None));
        Assert.Contains("is a text, which cannot be augmented; got 'flip'", Assert.Throws<DsdException>(() => data.Task(1, 1, new Augmentation(flip: true))).Message);
    }

    private static TextDataset Data(string train, string validation, string test, int window = 2, int? limit = null) =>
        new("greeting", [new("train", train)], [new("validation", validation)], [new("test", test)], window, limit);

    [Fact]
    public void Constructor_CharactersBeyondUtf16Units_AreOneSymbolEach()
    {
        var text = new TextDocument("t", string.Concat(Enumerable.Repeat("ab\U0001F600", 40)));
        var vocabulary = Vocabulary.Of([text]);
        Assert.Equal((3, "ab\U0001F600"), (vocabulary.Count, vocabulary.Symbols));
        Assert.Equal(120, vocabulary.Encode(text).Length);
        Assert.Equal(text.Text, vocabulary.Decode(vocabulary.Encode(text)));
    }
}
