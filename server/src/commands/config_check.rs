//! `steward config check`

use crate::command_line::Stopped;
use crate::configuration::Configuration;

/// By now every variable was read: what is wrong has been said.
#[allow(clippy::unnecessary_wraps, reason = "every command has this form")]
pub(crate) fn run(configuration: &Configuration) -> Result<(), Stopped> {
    println!("The configuration is complete. Steward would listen on {} and be reached at {}.", configuration.listen, configuration.url);
    Ok(())
}
