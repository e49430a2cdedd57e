//! Pages, components, islands and server functions of the console.
//!
//! A page demands authority, loads through `steward-core`, and renders its model to a string in one go; it never holds a
//! database connection while it renders, never decides who may do what, and has no rule of its own: rules are
//! `steward-domain`'s, and the browser runs the same ones in the islands.
//!
//! Start reading at `pages` (one module per page) and `visit` (the seam to the server).
//!
//! With feature `ssr` this is the server's half, with `hydrate` the browser's: islands and the components they draw.

pub mod api;
pub mod components;
pub mod islands;

#[cfg(feature = "ssr")]
pub mod frame;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod query;
#[cfg(feature = "ssr")]
pub mod visit;
