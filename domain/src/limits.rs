//! How much of the platform a tenant may use.

use serde::{Deserialize, Serialize};

/// The limits of one tenant. They become the ResourceQuota of namespace `tenant-<name>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// CPU cores.
    pub cpu: u32,
    /// Memory in GiB.
    pub memory_gib: u32,
    /// Storage in GiB.
    pub storage_gib: u32,
    /// GPUs; more than none only with the AI feature.
    pub gpu: u32,
}

/// One of the four figures: its name, its unit and its bounds. Forms, validation and help are drawn from this table.
#[derive(Clone, Copy, Debug)]
pub struct LimitRule {
    /// The field's name in forms and in the API.
    pub field: &'static str,
    /// The name for people.
    pub label: &'static str,
    /// The unit for people.
    pub unit: &'static str,
    /// Smallest value.
    pub min: u32,
    /// Largest value: the most that one namespace of the platform is planned for.
    pub max: u32,
}

impl Limits {
    /// The rules of the four figures, in the order of forms.
    pub const RULES: [LimitRule; 4] = [
        LimitRule { field: "cpu", label: "CPU", unit: "cores", min: 1, max: 512 },
        LimitRule { field: "memory_gib", label: "Memory", unit: "GiB", min: 1, max: 4096 },
        LimitRule { field: "storage_gib", label: "Storage", unit: "GiB", min: 1, max: 100_000 },
        LimitRule { field: "gpu", label: "GPU", unit: "GPUs", min: 0, max: 64 },
    ];

    /// The defaults (LINKED.md, "Limits"): CPU 4, memory 8, storage 200, GPU 1 only for tenants with AI.
    #[must_use]
    pub const fn default_for(with_ai: bool) -> Self {
        Self { cpu: 4, memory_gib: 8, storage_gib: 200, gpu: if with_ai { 1 } else { 0 } }
    }

    /// The four figures, in the order of [`Limits::RULES`].
    #[must_use]
    pub const fn figures(&self) -> [u32; 4] {
        [self.cpu, self.memory_gib, self.storage_gib, self.gpu]
    }

    /// "4 cores, 8 GiB memory, 200 GiB storage, no GPU"
    #[must_use]
    pub fn sentence(&self) -> String {
        let gpu = match self.gpu {
            0 => "no GPU".to_owned(),
            1 => "1 GPU".to_owned(),
            n => format!("{n} GPUs"),
        };
        let cores = if self.cpu == 1 { "core" } else { "cores" };
        format!("{} {cores}, {} GiB memory, {} GiB storage, {gpu}", self.cpu, self.memory_gib, self.storage_gib)
    }
}

impl LimitRule {
    /// Checks a typed figure.
    ///
    /// # Errors
    /// What to do instead, in words for the field.
    pub fn parse(&self, typed: &str) -> Result<u32, String> {
        let wanted = || format!("Enter {} as a whole number from {} to {}", self.label, self.min, self.max);
        let figure: u32 = typed.trim().parse().map_err(|_| wanted())?;
        if (self.min..=self.max).contains(&figure) { Ok(figure) } else { Err(wanted()) }
    }
}
