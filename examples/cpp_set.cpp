/* SPDX-License-Identifier: MIT */
/* A hundred programs, four at a time, watched by one thread. */
#include <cstdio>
#include <vector>
#include <ward.hpp>

int main()
{
	std::vector<wards::process> running(100);
	wards::set set(wards::set_limits{ 4, 0 });
	wards::event event;
	int ended = 0;

	for (wards::process &p : running)
		set.spawn(wards::command("true"), &p);
	while (set.count() > 0) {
		set.wait(event);
		auto *p = static_cast<wards::process *>(event.cookie());

		if (event.what() == WARD_EVENT_STARTED)
			*p = event.take();
		else if (event.exit() && event.exit()->success())
			ended++;
		if (event.what() == WARD_EVENT_ENDED)
			p->close();
	}
	std::printf("%d have ended well\n", ended);
	return ended == 100 ? 0 : 1;
}
