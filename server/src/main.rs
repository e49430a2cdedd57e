//! The binary `steward`.

use clap::Parser;
use mimalloc::MiMalloc;
use std::process::ExitCode;
use steward_server::command_line::CommandLine;

/// A page is made of thousands of small strings: with the system's allocator a list takes a third longer.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    CommandLine::parse().run()
}
