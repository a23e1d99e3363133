"""Its servers stop when its last test is done (fixtures of scope `package`)."""
