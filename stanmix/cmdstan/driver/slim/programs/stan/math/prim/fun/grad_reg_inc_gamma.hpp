// Only what is asked for by name: gamma_lpdf includes it for nothing, and the incomplete gamma
// functions that it brings cost a second in every program.
