-- Keycloak's session is ended with the refresh token, from server to server. Nothing needs the ID token after sign-in, so it is not kept.
alter table session drop column id_token;
