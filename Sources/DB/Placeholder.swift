internal import Rooms
