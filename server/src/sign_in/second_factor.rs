//! Whether a sign-in was made with two factors. `acr` proves nothing (somebody who has only just enrolled gets it too):
//! `amr` must name the password and something that the person holds.

/// The password.
const KNOWN: &str = "pwd";
/// A code of an authenticator, or a hardware key.
const HELD: [&str; 2] = ["otp", "hwk"];

/// Whether these methods are two factors.
pub(super) fn proved<'a>(methods: impl IntoIterator<Item = &'a str> + Clone) -> bool {
    methods.clone().into_iter().any(|method| method == KNOWN) && methods.into_iter().any(|method| HELD.contains(&method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_factor_twice_is_one_factor() {
        for (methods, two) in [
            (&["pwd", "otp"][..], true),
            (&["hwk", "pwd"], true),
            (&["pwd"], false),
            (&["pwd", "pwd"], false),
            (&["otp", "hwk"], false),
            (&["mfa"], false),
            (&[], false),
        ] {
            assert_eq!(proved(methods.iter().copied()), two, "{methods:?}");
        }
    }
}
