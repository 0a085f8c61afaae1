using Dsd.Cli;

FileSizeLimit.FailWrites();
StandardStreams.Open();
return DsdCommand.Run(args);
