from django.contrib.auth.models import User
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Creates the people of the example: two of one name."

    def handle(self, *args, **options):
        for username, is_staff in [("customer", False), ("staff", True)]:
            if not User.objects.filter(username=username).exists():
                User.objects.create_user(username, password="demo", first_name="Sam", is_staff=is_staff)
