// Package crash answers what a power cut would have left of the files that a
// program wrote.
//
// A kill of the process cannot tell: what it wrote lies in the page cache and
// outlives it. So the program runs once under strace, which records every
// write, sync, cut, rename and removal ([Parse] reads the record into
// operations), and its files are made again up to any point of that record
// ([Replay]): all that was synced before the point is there, and of what was
// written since then nothing, or a part, or torn sectors ([Choice]). The idea
// is ALICE's (Pillai et al., OSDI 2014) and LazyFS's, without a file system of
// its own.
//
// Words. A mark is a line that the program wrote somewhere else, to say that
// something is stored; whoever read the mark relies on it. Data is bytes in a
// file; they are durable when that file was synced after they were written.
// Metadata is which files there are and how long they were cut; a journalling
// file system writes it in order, so that a crash keeps the first so many of
// the changes, and a sync of a file or of its folder keeps all that went before.
package crash
