//! How the platform is: what every process measures of the outside systems, the work that waits for each, and what is left of it.
//!
//! It decides nothing and changes nothing: the switch that stops destructive work lies in `provisioning`, the gates in `platform`.
//!
//! Start reading at [`Reporter`], which writes, then [`overview`], which reads.

mod health;
mod overview;
mod reporter;

pub use health::Health;
pub use overview::{GateView, HeadRoom, Overview, ProcessView, Queue, SystemView, overview};
pub use reporter::Reporter;
