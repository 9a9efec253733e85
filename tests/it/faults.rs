//! What the other party can get wrong during a sign-in.
