using Dsd.Cli;

StandardStreams.Open();
return DsdCommand.Run(args);
