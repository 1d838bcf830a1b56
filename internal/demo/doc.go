// Package demo is a whole packing day on a table: sample orders from a fake
// ERP, label files as a marketplace gives them, an emulated printer and scale
// on their real wires as processes of their own, and packers.
//
// The packers are honest: they know what is in a tote, what lies in their
// hands and what they see on the View, and nothing else. Mistakes are planted
// in the warehouse – a wrong item in a tote, a label from the floor, a box
// with a unit missing – and the bench has to find them.
package demo
