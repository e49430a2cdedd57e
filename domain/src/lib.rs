//! Pure types and rules of Steward.
//!
//! It compiles to WebAssembly, so that the browser and the server check what people type with one code.
//! It never does input or output, never reads a clock or a random source, and knows no database, no HTTP
//! and no HTML: time comes in as a parameter.
//!
//! Start reading at [`tenant`], then [`onboarding`] (what the wizard asks for), then [`run`].

pub mod bulk;
pub mod cause;
pub mod change;
pub mod contrast;
pub mod difference;
pub mod drift;
pub mod email;
pub mod features;
pub mod field;
pub mod host_name;
pub mod limits;
pub mod moment;
pub mod onboarding;
pub mod plan;
pub mod region;
pub mod resource;
pub mod role;
pub mod run;
pub mod short_name;
pub mod system;
pub mod tenant;
pub mod theme;
