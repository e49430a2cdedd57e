//! The binary `steward`.

use clap::Parser;
use std::process::ExitCode;
use steward_server::command_line::CommandLine;

fn main() -> ExitCode {
    CommandLine::parse().run()
}
