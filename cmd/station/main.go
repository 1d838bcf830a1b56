// Station is the program of one packing bench: the window, and a command line
// for scripts and for people without a display.
package main

import (
	"os"
	_ "time/tzdata" // clocks of any market on any machine

	"packbench/label"
)

func main() {
	label.ServeRenderer() // in the rendering child this never returns
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
