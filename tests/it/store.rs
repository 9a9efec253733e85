//! The shared file: lossless, locked, atomic.
