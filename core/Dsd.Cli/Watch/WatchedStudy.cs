using Dsd.Charts;
using Dsd.Data;
using Dsd.Records;
using Dsd.Studies;

namespace Dsd.Cli;

/// <summary>A study, shown as its report with how far it is; trials that were read are not read again.</summary>
internal sealed class WatchedStudy(string folder, string name) : Watched(folder, name)
{
    private static readonly string[] s_files = [StudyFolder.StudyFile, StudyFolder.SelectionFile, StudyFolder.JudgementFile];
    private (string Stamp, StudyView View)? _open;

    protected override string Stamp() => !Directory.Exists(Folder) ? ""
        : string.Concat(s_files.Select(f => StampOf(Path.Combine(Folder, f))))
            + (Directory.Exists(Path.Combine(Folder, "trials")) ? Directory.GetLastWriteTimeUtc(Path.Combine(Folder, "trials")).Ticks : 0)
            + string.Concat(Directory.Exists(Path.Combine(Folder, "claims")) ? Claim.All(Path.Combine(Folder, "claims")).OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key} {c.Value};") : []);

    protected override string Read()
    {
        var stamp = StampOf(Path.Combine(Folder, StudyFolder.StudyFile));
        if (_open?.Stamp != stamp)
        {
            var opened = StudyFolder.Open(Folder);
            _open = (stamp, new StudyView(StudyPlan.OfRecord(opened.Study, new RecordedTrials(opened, new CatalogTrials())), opened));
        }

        var view = _open.Value.View;
        return Live.Of(view.Read(), $"{view.Line()}.");
    }
}
