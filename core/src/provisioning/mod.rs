//! Desired state, plan, run.
