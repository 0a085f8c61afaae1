using Dsd.Schedules;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary>The STUDY argument: a file in JSON, or the folder of a study that was begun.</summary>
internal static class StudyInput
{
    private const int MaxCharacters = 16 << 20;

    public static string Explanation => "A study in JSON, or the folder of one that was begun.";

    public static Study Read(string path)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new DsdException("STUDY: the path is empty; give a study in JSON or the folder of one.");
        }

        if (Directory.Exists(path))
        {
            return StudyFolder.Open(path).Study;
        }

        if (!File.Exists(path))
        {
            throw new DsdException($"{path}: there is no such file or folder; give a study in JSON or the folder of one.");
        }

        try
        {
            using var reader = new StreamReader(path);
            var text = new char[MaxCharacters + 1];
            var length = reader.ReadBlock(text);
            return length <= MaxCharacters
                ? Study.FromJson(new string(text, 0, length))
                : throw new DsdException($"{path}: longer than {MaxCharacters >> 20} MB, which no study is.");
        }
        catch (ScheduleFormatException e)
        {
            throw new DsdException($"{path}: {e.Message}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DsdException($"{path}: the file cannot be read ({e.Message.TrimEnd('.')}).", e);
        }
    }
}
