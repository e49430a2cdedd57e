//! `steward completions`

use clap_complete::Shell;
use std::io::Write;

/// Prints the completions of a shell.
pub(crate) fn run(shell: Shell, mut command: clap::Command) {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "steward", &mut script);
    let _ = std::io::stdout().write_all(&script);
}
