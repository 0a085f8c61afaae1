namespace Dsd.Data.Tests;

/// <summary>Behaves like apt-get and dpkg-deb for the tiny set.</summary>
internal sealed class FakePrograms
{
    private bool _updated;

    public List<IReadOnlyList<string>> Calls { get; } = [];

    public bool ListsMissing { get; init; }

    public string? Failure { get; init; }

    public string? Fault { get; init; }

    public Task<ProgramOutcome> Run(string program, IReadOnlyList<string> arguments, string folder, TimeSpan limit, CancellationToken cancellation)
    {
        Calls.Add([program, .. arguments]);
        return Task.FromResult((program, arguments[0]) switch
        {
            _ when Failure is not null => new ProgramOutcome(false, Failure),
            ("apt-get", "update") => Update(),
            ("apt-get", "download") => Download(folder),
            ("dpkg-deb", "-x") => Unpack(arguments[2]),
            _ => throw new InvalidOperationException($"unexpected: {program} {string.Join(' ', arguments)}"),
        });
    }

    private ProgramOutcome Update()
    {
        _updated = true;
        return new(true, "Reading package lists...");
    }

    private ProgramOutcome Download(string folder)
    {
        if (ListsMissing && !_updated)
        {
            return new(false, "E: Unable to locate package dataset-tiny\n");
        }

        File.WriteAllText(Path.Combine(folder, "dataset-tiny_1_all.deb"), "");
        if (Fault == "two packages")
        {
            File.WriteAllText(Path.Combine(folder, "dataset-tiny_2_all.deb"), "");
        }

        return new(true, "");
    }

    private ProgramOutcome Unpack(string target)
    {
        var files = Tiny.Files.ToDictionary();
        switch (Fault)
        {
            case "unpacking fails":
                return new(false, "dpkg-deb: error: not a Debian archive");
            case "a file is missing":
                files.Remove("test-images.gz");
                break;
            case "wrong content":
                files["train-labels.gz"] = files["test-labels.gz"];
                break;
        }

        Tiny.Place(Path.Combine(target, "usr", "share", "datasets", Tiny.Name), files);
        return new(true, "");
    }
}
