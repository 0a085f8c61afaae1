// One test at a time, as in the other projects (tests/Shared/TestOrder.cs), and beside it one notebook: its kernel is a process of its own
// in a folder of its own, and waits for more than it computes.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly, MaxParallelThreads = 2)]
