//! The sandbox as a strict other party.
