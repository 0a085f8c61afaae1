using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Dsd.Data;
using Dsd.Runs;

namespace Dsd.Cli;

/// <summary>Creates options with error messages of their own.</summary>
internal static class OptionOf
{
    /// <summary>The folder that holds data sets.</summary>
    public static Option<string?> DataRoot() => Path(
        "--data-root",
        $"The folder that holds data sets. Default: the environment variable {DataFolder.Variable}, then the system's folder, then the user's own.",
        "DIR");

    /// <summary>True if an option is on the command line.</summary>
    public static bool IsGiven(this ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Creates an option that is parsed into an object; null if absent.</summary>
    public static Option<T?> Class<T>(string name, Func<string, T> parse, string description, string helpName)
        where T : class => new(name) { Description = description, HelpName = helpName, CustomParser = result => TryParse(name, parse, result, out var value) ? value : null };

    /// <summary>Creates an option that is parsed into a value; null if absent.</summary>
    public static Option<T?> Struct<T>(string name, Func<string, T> parse, string description, string helpName)
        where T : struct => new(name) { Description = description, HelpName = helpName, CustomParser = result => TryParse(name, parse, result, out var value) ? value : null };

    /// <summary>Creates an option for a whole number within a range.</summary>
    public static Option<long?> Whole(string name, string description, long min, long max)
    {
        return Struct(name, Parse, description, "N");

        long Parse(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"'{text}' cannot be used: give a whole number from {min} to {max}."));
    }

    /// <summary>Creates an option for the path of a file or folder; <c>~</c> is the home folder.</summary>
    public static Option<string?> Path(string name, string description, string helpName) => Class(
        name,
        text => string.IsNullOrWhiteSpace(text) ? throw new FormatException("the path is empty; leave the option out, or name a file or folder.") : UserPath.Expand(text),
        description,
        helpName);

    /// <summary>Creates an argument for the path of a file or folder; <c>~</c> is the home folder.</summary>
    public static Argument<string> PathArgument(string name, string description) =>
        new(name) { Description = description, CustomParser = result => TryParse(name, Given, result, out var path) ? path! : "" };

    /// <summary>Creates an argument for one path or more.</summary>
    public static Argument<string[]> PathArguments(string name, string description) => new(name)
    {
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => TryParse(name, _ => result.Tokens.Select(t => Given(t.Value)).ToArray(), result, out var paths) ? paths! : [],
    };

    /// <summary>Creates an option for one of several words; the first is the default.</summary>
    public static Option<string> Choice(string name, string description, params string[] words)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => words[0], HelpName = string.Join('|', words) };
        option.CustomParser = result => TryParse(name, Parse, result, out var value) ? value! : words[0];
        option.CompletionSources.Add(words);
        return option;

        string Parse(string text) => words.Contains(text)
            ? text
            : throw new FormatException($"there is no '{text}'; allowed are {string.Join(", ", words)}.");
    }

    /// <summary>Creates the option for a device.</summary>
    /// <param name="byDefault">The device without it, as help shows it.</param>
    /// <param name="description">What help says.</param>
    public static Option<string> Device(string byDefault, string description)
    {
        var option = new Option<string>("--device") { Description = description, DefaultValueFactory = _ => byDefault, HelpName = "auto|cpu|cuda|cuda:N" };
        option.CustomParser = result => TryParse("--device", Parse, result, out var value) ? value! : byDefault;
        option.CompletionSources.Add("auto", "cpu", "cuda");
        return option;

        static string Parse(string text) => text == RunConfig.AutomaticDevice || DeviceName.IsValid(text)
            ? text
            : throw new FormatException($"there is no '{text}'; allowed are auto, cpu, cuda and cuda:N, such as cuda:1 for the second GPU.");
    }

    private static string Given(string text) => string.IsNullOrWhiteSpace(text) ? throw new FormatException("the path is empty, as that of an unset variable is; name a file or folder.") : UserPath.Expand(text);

    private static bool TryParse<T>(string name, Func<string, T> parse, ArgumentResult result, out T? value)
    {
        value = default;
        try
        {
            value = parse(result.Tokens[^1].Value);
            return true;
        }
        catch (Exception e) when (e is FormatException or DsdException)
        {
            result.AddError($"{name}: {e.Message}");
            return false;
        }
    }
}
