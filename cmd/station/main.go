// Station is the program of one packing bench: the window, and a command line
// for scripts and for people without a display.
package main

import (
	"log"
	"os"
	_ "time/tzdata" // clocks of any market on any machine

	"packbench/internal/privacy"
	"packbench/label"
)

func main() {
	label.ServeRenderer()                    // in the rendering child this never returns
	log.SetOutput(privacy.Writer(os.Stderr)) // what libraries say by themselves
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
