//! Figures beside their goals, printed and written.

use anyhow::Result;
use serde::Serialize;
use std::path::Path;

/// What a figure must be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// At most so much.
    AtMost(f64),
    /// At least so much.
    AtLeast(f64),
    /// Printed for comparison.
    Comparison,
}

/// One figure.
#[derive(Debug, Serialize)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    goal: Goal,
    met: bool,
}

/// Every figure of a run.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    figures: Vec<Figure>,
}

impl Report {
    /// Prints and keeps a figure.
    pub fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str, goal: Goal) {
        let name = name.into();
        let (met, wanted) = match goal {
            Goal::AtMost(most) => (value <= most, format!("goal ≤ {most} {unit}")),
            Goal::AtLeast(least) => (value >= least, format!("goal ≥ {least} {unit}")),
            Goal::Comparison => (true, "for comparison".to_owned()),
        };
        let verdict = if met { "ok  " } else { "MISS" };
        println!("{verdict} {name}: {value:.2} {unit} ({wanted})");
        self.figures.push(Figure { name, value, unit, goal, met });
    }

    /// Writes the figures and says whether every goal was met.
    ///
    /// # Errors
    /// When the file cannot be written or a goal was missed.
    pub fn finish(self, out: &Path) -> Result<()> {
        std::fs::write(out, serde_json::to_string_pretty(&self)? + "\n")?;
        let missed = self.figures.iter().filter(|figure| !figure.met).count();
        println!("{} figures, {missed} missed, written to {}", self.figures.len(), out.display());
        anyhow::ensure!(missed == 0, "{missed} figures missed their goal");
        Ok(())
    }
}
