// Package bench is one running bench: a queue of inputs, one goroutine that
// takes them one at a time, and a View of what a person should see.
//
// For each input the bench asks packing what it needs to know, looks it up in
// store, lets packing decide, commits the events that follow, and only then
// acts: it sends a label to the printer, makes a sound, wakes the connection.
// What the screen shows was on the disk before. There is no lock, because
// there is one goroutine; devices, screens and connections only put inputs
// into the queue and read the latest View.
package bench
