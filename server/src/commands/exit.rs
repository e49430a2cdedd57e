//! How commands end: the exit codes, in one table. README.md shows it; a test fails when the two differ.

use std::process::ExitCode;

/// Why a command ends otherwise than well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did not work, or the run that was watched stopped or was cancelled.
    Failed = 1,
    /// What was typed or configured is wrong.
    Usage = 2,
    /// The roles or the credentials do not allow it.
    Refused = 3,
    /// There is no such thing, or it is not the caller's to see.
    NotFound = 4,
    /// It does not fit what is there now: the plan or the settings changed, another run is under way.
    Conflict = 5,
    /// Steward, or a system that it needs, does not answer.
    Away = 6,
    /// `drift` only: something differs.
    Differs = 7,
}

impl Exit {
    /// Every code but 0.
    #[cfg(test)]
    const ALL: [Exit; 7] = [Exit::Failed, Exit::Usage, Exit::Refused, Exit::NotFound, Exit::Conflict, Exit::Away, Exit::Differs];

    /// The end that an HTTP status means.
    pub(crate) const fn of_status(status: u16) -> Self {
        match status {
            400 | 413 | 415 | 422 => Exit::Usage,
            401 | 403 => Exit::Refused,
            404 => Exit::NotFound,
            409 | 412 | 428 => Exit::Conflict,
            502..=504 => Exit::Away,
            _ => Exit::Failed,
        }
    }

    #[cfg(test)]
    const fn what(self) -> &'static str {
        match self {
            Exit::Failed => "it did not work, or the run that was watched stopped or was cancelled",
            Exit::Usage => "what was typed or configured is wrong",
            Exit::Refused => "the roles or the credentials do not allow it",
            Exit::NotFound => "there is no such thing, or it is not yours to see",
            Exit::Conflict => "it does not fit what is there now: the plan or the settings changed, another run is under way",
            Exit::Away => "Steward, or a system that it needs, does not answer",
            Exit::Differs => "`drift` only: something differs",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_this_table() {
        let mut table = String::from("| exit code | what it means |\n|---|---|\n| 0 | done; of `drift`: nothing differs |\n");
        for exit in Exit::ALL {
            table.push_str(&format!("| {} | {} |\n", exit as u8, exit.what()));
        }
        let readme = include_str!("../../../README.md");
        assert!(readme.contains(&table), "README.md must contain this table:\n\n{table}");
    }
}
