"""The subcommands of ``tb-stability``, one a file; `tb_stability.cli` lists them."""
