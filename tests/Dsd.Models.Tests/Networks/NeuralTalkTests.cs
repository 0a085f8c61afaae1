using System.Text.Json;
using Dsd.Execution;
using Dsd.Plans;
using Dsd.Schedules;
using TorchSharp;
using static TorchSharp.torch;

namespace Dsd.Models.Tests;

public class NeuralTalkTests
{
    private const double FourUnits = 4 / 256.0;

    [Fact]
    public void Shape_Flickr8K_IsThePapersPartByPart()
    {
        Assert.Equal(
            "image.weight 256×4096, image.bias 256, words.weight 2538×256, lstm.weight_ih 1024×256, lstm.weight_hh 1024×256, lstm.bias 1024, decoder.weight 2538×256, decoder.bias 2538",
            string.Join(", ", NeuralTalk.Shape().Parameters.Select(p => $"{p.Name} {p.DimsText}")));
        Assert.Equal((256 + 256 + 1) * 1024, NeuralTalk.Shape().Parameters.Where(p => p.Name.StartsWith("lstm", StringComparison.Ordinal)).Sum(p => p.Count));
        Assert.Equal(2_876_138, NeuralTalk.Shape().Count);
        Assert.Contains("2,876,138 parameters", ModelCatalog.Get("neural-talk").Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4096, 2538, 1)]
    [InlineData(7, 5, 0.1)]
    [InlineData(1, 1, 0.001)]
    [InlineData(3, 2, 4)]
    public void Shape_EqualsThatOfTheLiveNetwork(int features, int words, double width)
    {
        using var model = ModelCatalog.Get("neural-talk").Create(features, words, width);

        Assert.Equal(NeuralTalk.Shape(features, words, width).Fingerprint, ModelInspection.ShapeOf(model).Fingerprint);
    }

    [Theory]
    [InlineData(0, 5, 1)]
    [InlineData(5, 0, 1)]
    [InlineData(5, 5, 0)]
    [InlineData(5, 5, 4.1)]
    [InlineData(5, 5, double.NaN)]
    public void Create_NumberOutsideItsRange_Throws(int features, int words, double width)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new NeuralTalk(features, words, width));
        Assert.Throws<ArgumentOutOfRangeException>(() => NeuralTalk.Shape(features, words, width));
    }

    [Fact]
    public void Plan_EightyPercent_PrunesAllMatricesButTheWordTable()
    {
        var plan = Plan.Resolve(Schedule.Dsd(Duration.Steps(1), Duration.Steps(1), Duration.Steps(1), 0.8, 0.1), NeuralTalk.Shape(), 10);

        Assert.Equal(
            ["image.weight 838861", "words.weight 0", "lstm.weight_ih 209715", "lstm.weight_hh 209715", "decoder.weight 519782"],
            plan.Phases[1].Layers.Select(l => $"{l.Parameter} {l.Weights - plan.Phases[1].KeptAt(l, 0)}"));
    }

    [Fact]
    public void ForwardAndGradients_EqualThoseComputedApart()
    {
        using var scope = NewDisposeScope();
        using var fixture = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "neural-talk.json")));
        var root = fixture.RootElement;
        var (model, features) = (MadeUp(), Features(root));
        var captions = root.GetProperty("captions").EnumerateArray().Select(c => c.EnumerateArray().Select(w => w.GetInt64()).ToArray()).ToArray();
        var longest = captions.Max(c => c.Length) + 1;
        var words = zeros([captions.Length, longest], dtype: ScalarType.Int64);
        var targets = full([captions.Length, longest], -100, dtype: ScalarType.Int64);
        for (var i = 0; i < captions.Length; i++)
        {
            words[i, 1..(captions[i].Length + 1)] = tensor(captions[i]);
            targets[i, ..(captions[i].Length + 1)] = tensor([.. captions[i], 0L]);
        }

        model.eval();
        var scores = model.call(features, words);
        var row = 0;
        foreach (var expected in root.GetProperty("scores").EnumerateArray())
        {
            var time = 0;
            foreach (var wanted in expected.EnumerateArray())
            {
                Near(Numbers(wanted), scores[row, time++]);
            }

            row++;
        }

        var loss = nn.functional.cross_entropy(scores.view(-1, 7), targets.view(-1));
        Assert.Equal(root.GetProperty("loss").GetDouble(), loss.item<float>(), 5);
        loss.backward();
        foreach (var (name, parameter) in model.named_parameters())
        {
            Near(Numbers(root.GetProperty("gradients").GetProperty(name)), parameter.grad!.flatten());
        }
    }

    [Fact]
    public void Next_WordByWord_GivesTheScoresOfTheWholeCaption()
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        manual_seed(2);
        var model = new NeuralTalk(6, 9, 0.05);
        model.eval();
        var (features, words) = (randn(3, 6), randint(9, [3, 5], dtype: ScalarType.Int64));
        var whole = model.call(features, words);

        var state = model.Begin(features);
        for (var t = 0; t < 5; t++)
        {
            (var scores, state) = model.Next(words[.., t], state);
            Assert.True(scores.allclose(whole[.., t], rtol: 1e-5, atol: 1e-6), $"word {t}");
        }
    }

    [Fact]
    public void Forward_WhatComesLater_ChangesNothingBefore()
    {
        using var scope = NewDisposeScope();
        var model = new NeuralTalk(6, 9, 0.05);
        model.eval();
        var (features, words) = (randn(2, 6), randint(9, [2, 6], dtype: ScalarType.Int64));
        var other = words.clone();
        other[.., 4..] = 8 - words[.., 4..];

        Assert.True(model.call(features, words)[.., ..4].equal(model.call(features, other)[.., ..4]).all().item<bool>());
        Assert.False(model.call(features, words).equal(model.call(features + 1, words)).all().item<bool>());
    }

    [Fact]
    public void Forward_LeavesTheScoresAloneAndDropsInTrainingOnly()
    {
        using var model = new NeuralTalk(6, 9, 0.05);
        using var features = randn(2, 6);
        using var words = zeros([2, 4], dtype: ScalarType.Int64);
        using var scope = NewDisposeScope();
        var (first, second) = (model.call(features, words), model.call(features, words));
        Assert.Equal(2, scope.DisposablesCount);
        Assert.Equal([2L, 4, 9], first.shape);
        Assert.Equal(2, scope.DisposablesCount);
        Assert.False(first.equal(second).all().item<bool>());
        model.eval();
        Assert.True(model.call(features, words).equal(model.call(features, words)).all().item<bool>());
    }

    [Fact]
    public void Backward_OneBatch_ReachesEveryParameter()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var model = new NeuralTalk(6, 9, 0.05);
        var words = randint(9, [8, 6], dtype: ScalarType.Int64);
        nn.functional.cross_entropy(model.call(randn(8, 6), words).view(-1, 9), words.view(-1)).backward();

        Assert.All(model.parameters(), p => Assert.True(p.grad!.abs().max().item<float>() > 0));
    }

    [Fact]
    public void Create_StartsAsItSays()
    {
        manual_seed(1);
        using var model = new NeuralTalk(features: 64, words: 300);
        foreach (var (name, parameter) in model.named_parameters())
        {
            var most = parameter.abs().max().item<float>();
            Assert.InRange(most, name is "image.bias" or "decoder.bias" ? 0 : 0.098f, name is "image.bias" or "decoder.bias" ? 0 : 0.1f);
        }
    }

    [Fact]
    public void ForwardAndNext_ShapesThatDoNotFit_AreRefused()
    {
        using var scope = NewDisposeScope();
        var model = new NeuralTalk(6, 9, 0.05);
        var words = zeros([2, 4], dtype: ScalarType.Int64);
        Assert.Contains("[2, 5]; expected [N, 6]", Assert.Throws<ArgumentException>(() => model.call(randn(2, 5), words)).Message);
        Assert.Contains("not [2, 4]", Assert.Throws<ArgumentException>(() => model.call(randn(3, 6), words)).Message);
        Assert.Contains("[N, 6]", Assert.Throws<ArgumentException>(() => model.Begin(randn(6))).Message);
        Assert.Contains("two tensors", Assert.Throws<ArgumentException>(() => model.Next(zeros([2], dtype: ScalarType.Int64), model.Begin(randn(3, 6)))).Message);
    }

    /// <summary>The network of the fixture: its weights follow from their places by the script's formula.</summary>
    private static NeuralTalk MadeUp()
    {
        var model = new NeuralTalk(5, 7, FourUnits);
        using var quiet = no_grad();
        var number = 0;
        foreach (var (_, parameter) in model.named_parameters())
        {
            var values = Enumerable.Range(0, (int)parameter.numel()).Select(place => (float)((((37 * place * place) + (7919 * place) + (104729 * number) + 17) % 2001 - 1000) / 1250.0));
            parameter.copy_(tensor(values.ToArray()).reshape(parameter.shape));
            number++;
        }

        return model;
    }

    private static Tensor Features(JsonElement root) => stack(root.GetProperty("features").EnumerateArray().Select(f => tensor(Numbers(f))));

    private static float[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(x => x.GetSingle())];

    private static void Near(float[] expected, Tensor actual)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i].item<float>(), 2e-5f);
        }
    }
}
