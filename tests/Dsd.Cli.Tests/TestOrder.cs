// One test at a time: each starts a process that computes, and on a small machine they would only slow one another down.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
