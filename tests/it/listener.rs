//! The callback listener under hostile visitors.
