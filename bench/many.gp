# SPDX-License-Identifier: MIT
#
# What the end of one child costs against how many there are, both axes logarithmic.
# gnuplot -e "data='many.plot.tsv'; picture='many.svg'" bench/many.gp

set terminal svg noenhanced size 960,520 font "sans-serif,13" background "white"
set datafile separator "\t"

lines = 10
array name[lines] = ["libuv", "GLib", "poll over pidfds", "libev", \
	"SIGCHLD + waitpid(-1)", "ward_set, posix system", "sd-event", "io_uring poll", \
	"ward_set", "epoll over pidfds"]
colors = "#56b4e9 #d55e00 #e69f00 #cc79a7 #999999 #8080c0 #009e73 #b0a000 #0072b2 #000000"
here(k) = strcol(1) eq name[k] ? $2 : NaN
set datafile missing NaN

# Some take no part: those that do, but for the last two.
array who[lines]
n = 0
do for [k = 1:lines - 2] {
	stats data using (strcol(1) eq name[k] ? 1 : 0) nooutput
	if (STATS_max > 0) { n = n + 1; who[n] = k }
}

set title "One of many children ends: until its parent has heard of it and reaped it"
set xlabel "children alive"
set ylabel "microseconds" offset 1
set logscale xy
set xrange [80:125000]
set xtics nomirror ("100" 100, "1,000" 1000, "10,000" 10000, "100,000" 100000)
set ytics nomirror ("10" 10, "100" 100, "1,000" 1000, "10,000" 10000, "100,000" 100000)
set yrange [20:*]
set grid xtics ytics lc "#dddddd" lw 1
set border 3
set key outside right top Left reverse samplen 2

set output picture
plot for [i = 1:n] data using (here(who[i])):3 with linespoints lw 2 pt 7 ps 0.6 \
	lc rgb word(colors, who[i]) title name[who[i]], \
	data using (here(lines - 1)):3 with linespoints lw 3.5 pt 7 ps 0.8 \
	lc rgb word(colors, lines - 1) title name[lines - 1], \
	data using (here(lines)):3 with linespoints lw 2 dt 2 pt 6 ps 0.6 \
	lc rgb word(colors, lines) title name[lines]
